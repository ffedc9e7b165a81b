"""The gate: may this project come in, why not, what would make it a yes, and where would it fit.

Start with `admission.gate`; `admission.project` and `admission.policy` read what it needs, the kinds of rules stand in
`admission.rules` and its siblings.
"""
