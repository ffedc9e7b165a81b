"""A park's own clocks of cases: set by its office, kept with who, when and why, and followed by the steps that run now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from ecopark.casework import clock
from ecopark.casework.cases import ENDED
from ecopark.casework.rules import CLOCK_TEXT, Severity, read_clocks, shipped_rules
from ecopark.core.text import Text
from ecopark.web.cases.models import Case
from ecopark.web.cases.work import rules_of, state_of, with_events
from ecopark.web.parks.models import Park


@dataclass(frozen=True)
class Hours:
    """One part of a clock: as it holds or was typed, and as it ships. [h]"""

    part: str
    label: Text
    value: str
    shipped: int


@dataclass(frozen=True)
class Row:
    """A severity as the page shows it, with the document that the park's own hours follow, and that of the hours that ship."""

    severity: Severity
    hours: list[Hours]
    source: str
    shipped_source: str


def rows(park: Park, typed: Mapping[str, str]) -> list[Row]:
    """The clocks of a park by severity, with what was typed into a form that was refused."""
    shipped, found = shipped_rules(), []
    for name, now in rules_of(park).severities.items():
        holds, ships = _hours(now), _hours(shipped.severities[name])
        hours = [
            Hours(part, label, typed.get(f"{part}|{name}", str(holds[part])), ships[part])
            for part, label in CLOCK_TEXT.items()
        ]
        source = park.case_clocks.get(name, {}).get("source", "")
        found.append(Row(now, hours, typed.get(f"source|{name}", source), shipped.severities[name].source))
    return found


def given_in(form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a form says, by severity."""
    parts = (*CLOCK_TEXT, "source")
    known = shipped_rules().severities
    return {n: {part: form[key] for part in parts if (key := f"{part}|{n}") in form} for n in known}


def settle(park: Park, user: Any, reason: str, given: Mapping[str, Mapping[str, str]]) -> None:
    """Take over what was typed; steps that run now follow it, times to rectify that were set stay.

    Raises
    ------
    InputError
        With every clock that cannot be.
    """
    own = read_clocks(shipped_rules(), given)
    with transaction.atomic():
        locked = Park.objects.select_for_update().get(pk=park.pk)
        if own == locked.case_clocks:
            return
        locked.case_clocks = own
        locked._change_reason, locked._history_user = reason, user
        locked.save(update_fields=["case_clocks"])
        known = rules_of(locked)
        open_cases = list(with_events(Case.objects.select_for_update().filter(park=park).exclude(status__in=ENDED)))
        for case in open_cases:
            case.due = clock.due_of(state_of(case), case.severity, known)
        Case.objects.bulk_update(open_cases, ["due"], batch_size=500)
    park.case_clocks = own


def _hours(severity: Severity) -> dict[str, int]:
    return dict(severity.hours) | {"longest": severity.longest}
