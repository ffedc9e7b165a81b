"""ecopark: measure, decide and act on one set of facts; every answer explains itself.

>>> import ecopark as ep
>>> rows = [{"quantity": "publicity_events", "period": "2023", "value": "3", "unit": "events/year"}]
>>> ep.assess(rows, "hj274-2015", period="2023").clause("32").status
'met'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["assess", "assess_all", "catalogue", "list_packs", "read_facts"]

if TYPE_CHECKING:
    from ecopark.workflows.assess_park import assess, assess_all, catalogue, list_packs, read_facts


def __getattr__(name: str) -> Any:
    if name in __all__:
        from ecopark.workflows import assess_park

        return getattr(assess_park, name)
    raise AttributeError(f"module 'ecopark' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
