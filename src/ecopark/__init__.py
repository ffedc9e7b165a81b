"""ecopark: measure, decide and act on one set of facts; every answer explains itself.

>>> import ecopark as ep
>>> rows = [{"quantity": "publicity_events", "period": "2023", "value": "3", "unit": "events/year"}]
>>> ep.assess(rows, "hj274-2015", period="2023").clause("32").status
'met'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
_HOMES = {
    "admit": "admit_project",
    "assess": "assess_park",
    "assess_all": "assess_park",
    "assess_many": "assess_many",
    "catalogue": "assess_park",
    "evaluate_file": "evaluate_file",
    "grade": "grade_firms",
    "list_packs": "assess_park",
    "read_facts": "assess_park",
}
"""Public name -> the workflow it comes from; imported when it is first used."""
__all__ = [
    "admit",
    "assess",
    "assess_all",
    "assess_many",
    "catalogue",
    "evaluate_file",
    "grade",
    "list_packs",
    "read_facts",
]

if TYPE_CHECKING:
    from ecopark.workflows.admit_project import admit
    from ecopark.workflows.assess_many import assess_many
    from ecopark.workflows.assess_park import assess, assess_all, catalogue, list_packs, read_facts
    from ecopark.workflows.evaluate_file import evaluate_file
    from ecopark.workflows.grade_firms import grade


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"ecopark.workflows.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'ecopark' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
