"""Tasks and cases: a failing clause becomes tasks of departments, a thing found becomes a case that somebody must put right.

tasks      a target split into tasks: the five-level path, the events of a task, its light, what closed tasks did
dispatch   the monthly list of what must be talked about
cases      a case as the sum of its events: find, assign, rectify, verify, close; the steps that are possible next
clock      until when the next step is due, and who hears of it when it is late
grids      which grid a place lies in, and who a case goes to
statistics ageing and the record of keepers
rules      kinds, severities and clocks: data, in `data/cases.yaml`
"""
