"""What if: changed inputs in, changed clauses out. Nothing is stored; a scenario keeps the changes to be shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import value_text
from ecopark.core.value import Missing
from ecopark.indicators.resolve import SubjectLookup
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.packs.load import find_pack
from ecopark.standards.needs import needed_quantities
from ecopark.web.assess import keep
from ecopark.web.assess.models import Scenario
from ecopark.web.figures.breakdowns import by_words
from ecopark.web.figures.facts import facts_of, facts_with
from ecopark.web.parks.models import Park


@dataclass(frozen=True, slots=True)
class Input:
    """A figure that may be changed: what it is now, and how the form names it."""

    quantity: str
    by: str
    label: Text
    unit: str
    now: str

    @property
    def name(self) -> str:
        """Name of the field."""
        return f"{self.quantity}|{self.by}"


def inputs(park: Park, pack_id: str, period: str) -> list[Input]:
    """The park's own figures of one year that the pack needs and that are numbers or flags, with their values."""
    facts = facts_of(park)
    lookup = SubjectLookup(facts, park.key)
    found = []
    year = Period.parse(period)
    for name in needed_quantities(find_pack(pack_id)):
        quantity = catalogue()[name]
        if quantity.codes or quantity.formula or quantity.unit == "by code":
            continue
        rows = facts.parts(park.key, quantity.id, year)
        if rows:
            found += [Input(quantity.id, o.by, _part(quantity, o.by), o.unit, value_text(o.value)) for o in rows]
            continue
        value = lookup.quantity(quantity, year).value
        now = "" if isinstance(value, Missing) else value_text(value)
        found.append(Input(quantity.id, "", quantity.label, quantity.unit, now))
    return found


def _part(quantity: Quantity, by: str) -> Text:
    words = by_words(quantity.id, by)
    return Text(f"{quantity.label.zh} [{words.zh}]", f"{quantity.label.en} [{words.en}]")


def changes_from(park: Park, period: str, known: Sequence[Input], typed: dict[str, str]) -> list[dict[str, str]]:
    """The rows of the facts contract that a filled form stands for: only what differs from now."""
    rows = []
    for one in known:
        value = typed.get(one.name, "").strip()
        if value and value != one.now:
            rows.append(
                {
                    "subject": park.key, "quantity": one.quantity, "period": period, "value": value, "unit": one.unit,
                    "by": one.by,
                }
            )  # fmt: skip
    return rows


def beyond(park: Park, period: str, known: Sequence[Input], rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of a scenario that the form does not ask for: figures of firms, of other years, of other kinds."""
    names = {one.name for one in known}
    return [
        row for row in rows
        if (row["subject"], row["period"]) != (park.key, period) or f"{row['quantity']}|{row['by']}" not in names
    ]  # fmt: skip


def kept(park: Park, pack_id: str, period: str, rows: Sequence[dict[str, str]], user: Any, name: str) -> Scenario:
    """A scenario with an address of its own."""
    return Scenario.objects.create(
        park=park, pack=pack_id, period=period, changes=list(rows), by=user, name=name.strip()[:120]
    )


def compared(park: Park, pack_id: str, period: str, rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The assessment with the changes beside the one that holds now: verdicts, scores, and the clauses that change.

    Raises
    ------
    InputError
        A change cannot be read.
    """
    now = keep.assessed(park, pack_id, period).result
    then = keep.live(facts_with(park, rows), pack_id, period, park.key)
    before = {c["id"]: c for c in now["clauses"]}
    changed = [
        {"before": before[c["id"]], "after": c}
        for c in then["clauses"]
        if (c["status"], c["value"], c["limit"]) != tuple(before[c["id"]][k] for k in ("status", "value", "limit"))
    ]
    changed.sort(key=lambda pair: pair["before"]["status"] == pair["after"]["status"])
    return {"now": now, "then": then, "changed": changed}
