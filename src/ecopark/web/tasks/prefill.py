"""A failing clause as drafts of tasks: one for the clause itself, one for each figure whose change would meet it."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction
from typing import Any

from ecopark.core.rounding import decimal_text, round_to
from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.packs.load import find_pack
from ecopark.web.rules.read import quantities_of
from ecopark.web.tasks.lights import number
from ecopark.web.tasks.work import Draft, clause_target
from ecopark.web.templatetags.ui import say

DIGITS = 6
MOST = 6
FAR = 2
"""A change to more than so many times the present figure, or to less than that part of it, is no task: it is not proposed."""


def drafts_of(clause: dict[str, Any], start: date, due: date, departments: set[str]) -> list[Draft]:
    """Drafts for a clause, its changes as the effect that is expected.

    Parameters
    ----------
    departments
        Keys of the departments the park has: others are not proposed.
    """
    found = []
    target = clause_target(clause)
    leads: list[str] = []
    for change in clause["changes"][:MOST]:
        quantity = catalogue().find(change["quantity"])
        lead = quantity.department if quantity and quantity.department in departments else ""
        leads.append(lead)
        now, needed = number(change["exact"]["now"]), number(change["exact"]["needed"])
        if now is None or needed is None or now == needed or _far(now, needed):
            continue
        up = needed > now
        label = Text(**{k: change["label"][k] for k in ("zh", "en")})
        words = Text(
            f"{'提高' if up else '降低'}{label.zh}至 {change['needed']['zh']}",
            f"{'raise' if up else 'lower'} {label.en} to {change['needed']['en']}",
        )
        found.append(
            Draft(
                measure=say(words), lead=lead, start=start, due=due, quantity=change["quantity"], part=change["by"] or "",
                op=">=" if up else "<=", base=_neat(now), target=reach(needed, up=up), unit=change["unit"],
                element=say(label), link="",
            )
        )  # fmt: skip
    leads += _keepers(clause["id"], departments)
    whole = Draft(
        measure=_whole(clause), lead=next((one for one in leads if one), ""), start=start, due=due,
        op=target.op if target else "", target=decimal_text(target.value) if target else "",
        base=_neat(target.base) if target and target.base is not None else "", unit=clause["unit"],
    )  # fmt: skip
    return [whole, *found]


def _keepers(name: str, departments: set[str]) -> list[str]:
    """The departments that keep the figures a clause needs, where the park has them."""
    pack = find_pack(name.rpartition("/")[0])
    return [q.department for q in quantities_of(pack, pack.clause(name)) if q.department in departments]


def reach(needed: Fraction, *, up: bool) -> str:
    """A target of six digits that is never short of what is needed.

    Examples
    --------
    >>> reach(Fraction(2000001, 3), up=True), reach(Fraction(2, 3), up=False)
    ('666667', '0.666666')
    """
    if needed == 0:
        return "0"
    places = DIGITS - 1 - math.floor(math.log10(abs(needed)))
    scale = Fraction(10) ** max(places, 0)
    rounded = (math.ceil if up else math.floor)(needed * scale)
    return decimal_text(Fraction(rounded) / scale)


def _far(now: Fraction, needed: Fraction) -> bool:
    return now * needed > 0 and not Fraction(1, FAR) <= needed / now <= FAR


def _neat(value: Fraction) -> str:
    places = DIGITS - 1 - math.floor(math.log10(abs(value))) if value else 0
    return decimal_text(round_to(value, max(places, 0)))


def _whole(clause: dict[str, Any]) -> str:
    name, limit = clause["name"], clause["limit_said"]
    return say(Text(f"{name['zh']}达到 {limit['zh']}", f"{name['en']}: reach {limit['en']}"))
