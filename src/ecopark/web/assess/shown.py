"""What a person is shown of an assessment: the whole, or only what a park publishes, its verdicts without any figure."""

from __future__ import annotations

from typing import Any

from ecopark.web.assess.models import Kept
from ecopark.web.people.access import Standing

OF_ALL = (
    "pack", "title", "status", "subject", "subject_name", "period", "verdict", "verdict_reasons", "verdict_said", "score",
    "score_said", "choices", "pack_hash", "version", "basis", "verified", "basis_said", "checked", "counts", "groups",
)  # fmt: skip
OF_CLAUSE = (
    "id", "tail", "name", "kind", "group", "status", "unit", "counts", "choice_open", "basis", "verified", "source_said",
    "sources", "formula",
)  # fmt: skip
OF_LIMIT = ("limit", "limit_said", "limit_number", "why")
"""Of a limit that stands in the pack; one that is worked out from figures would tell them."""
NOTHING: dict[str, Any] = {
    "value": None, "value_said": {"zh": "", "en": ""}, "number": None, "bounds": None, "reported": False, "missing": [],
    "doubts": [], "notes": [], "reason": {"zh": "", "en": ""}, "changes": [], "verified_by": "", "trace": None,
    "limit_trace": None, "limit": None, "limit_said": {"zh": "", "en": ""}, "limit_number": None,
    "why": {"zh": "", "en": ""},
}  # fmt: skip
"""What stands in the place of what is not shown."""


def shown(standing: Standing, kept: Kept, *, traces: bool = False) -> dict[str, Any]:
    """The result as this person may know it; its traces only where they are asked for.

    Whoever may not see the values (`see_values`) gets verdict, statuses, limits and how they are known: no value, no bounds,
    nothing that is missing, and no trace, for a trace names firms, files and people.
    """
    if not standing.may("see_values"):
        return verdicts(kept.summary)
    return kept.result if traces else kept.summary


def shown_clause(standing: Standing, kept: Kept, tail: str) -> dict[str, Any] | None:
    """One clause, with its traces, as this person may know it; None if there is no such clause."""
    if standing.may("see_values"):
        return kept.clause(tail)
    return next((c for c in verdicts(kept.summary)["clauses"] if c["tail"] == tail), None)


def verdicts(result: dict[str, Any]) -> dict[str, Any]:
    """The result without any figure."""
    published = {name: result[name] for name in OF_ALL if name in result}
    published |= {"score_bounds": None, "score_parts": [], "gaps": [], "findings": [], "notes": [], "short_by": None}
    published["clauses"] = [_clause(clause) for clause in result["clauses"]]
    return published


def _clause(clause: dict[str, Any]) -> dict[str, Any]:
    known = OF_CLAUSE if clause["limit_trace"] else (*OF_CLAUSE, *OF_LIMIT)
    return NOTHING | {name: clause[name] for name in known}
