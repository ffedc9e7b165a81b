"""An assessment brought up to date: after a change of figures only the clauses that the change can reach are worked out again.

Verdict, score and gaps are concluded anew each time, as in `assess.assess_pack`; the answers are the same
(tests/standards/test_again.py holds both against each other). Where subjects, options or factors have changed, all is worked
out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.observations.model import Facts
from ecopark.packs.model import Pack
from ecopark.standards.assess import Run, begin, clause_result, conclude, doubts
from ecopark.standards.needs import made_of, reach, reached
from ecopark.standards.result import Assessment, ClauseResult

BEARING = ("factors", "bounds")
"""Settings of the facts that values and bounds rest on. Options and signatures are looked at by themselves; departments,
evidence and titles bear on no clause."""


class Again:
    """One subject and period held against one pack, again and again as its figures change.

    Parameters
    ----------
    pack, subject, period, since, version
        As for `assess.assess_pack`.

    Attributes
    ----------
    worked_out
        Ids of the clauses that the last call worked out, in the order of the pack.
    """

    def __init__(
        self, pack: Pack, subject: str, period: Period, *, since: int | None = None, version: str = ""
    ) -> None:
        self.pack = pack
        self.subject = subject
        self.period = period
        self.since = since
        self.version = version
        self.worked_out: tuple[str, ...] = ()
        self._reach = {clause.id: reach(clause, pack) for clause in pack.clauses}
        self._last: tuple[Run, dict[str, ClauseResult]] | None = None

    def assess(self, facts: Facts, options: Mapping[str, Any] | None = None) -> Assessment:
        """The assessment of these facts, with a trace for every clause."""
        run = begin(self.pack, facts, self.subject, self.period, since=self.since, options=options)
        known, findings = self._still(run)
        results = {c.id: known.get(c.id) or clause_result(c, run) for c in self.pack.clauses}
        self.worked_out = tuple(c.id for c in self.pack.clauses if c.id not in known)
        run.lookup.findings = findings | run.lookup.findings
        self._last = run, results
        return conclude(list(results.values()), run, version=self.version)

    def _still(self, run: Run) -> tuple[dict[str, ClauseResult], dict[tuple[str, ...], Text]]:
        """What holds from the last time: clauses that no change reaches, and findings that rest on nothing changed."""
        if self._last is None:
            return {}, {}
        before, results = self._last
        was, now = before.facts, run.facts
        if (was.subjects, before.options) != (now.subjects, run.options):
            return {}, {}
        if any(was.settings.get(name) != now.settings.get(name) for name in BEARING):
            return {}, {}
        changed = now.changed_from(was)
        known = {name: r for name, r in results.items() if not reached(changed, self._reach[name])}
        if before.verified != run.verified:
            known = {name: replace(r, verified=str(run.verified.get(r.clause.tail, ""))) for name, r in known.items()}
        if before.doubtful != run.doubtful:
            known = {name: replace(r, doubts=doubts(r.trace, run.doubtful)) for name, r in known.items()}
        findings = {
            key: text
            for key, text in before.lookup.findings.items()
            if not reached(changed, self._reach.get(key[0]) or made_of(key[0].partition("[")[0]))
        }
        return known, findings
