"""What the office sets for its park: name and base year, standards in use, published or not, options, factors, departments.

Every change is checked as an assessment checks its options, and is written down with who, when and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from ecopark.casework.cases import ENDED
from ecopark.casework.tasks import OPEN
from ecopark.core.text import RefusedError, Text
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.web.parks.models import Department, Park
from ecopark.web.people.models import Membership
from ecopark.web.typed import number_in
from ecopark.workflows.assess_park import check_options, parse_set

YEARS = range(1980, 2101)


class SettingError(RefusedError):
    """The setting cannot be taken; `text` says why."""


def general(park: Park, user: Any, reason: str, *, name: str, name_en: str, base_year: str, published: bool) -> None:
    """Name, base year of constant prices, and whether anybody may see the verdicts.

    Raises
    ------
    SettingError
        No name, or a base year that is none.
    """
    if not name.strip():
        raise SettingError(Text("园区名称不能为空。", "The park needs a name."))
    if base_year and number_in(base_year) not in YEARS:
        raise SettingError(Text("基年应为 1980–2100 的年份。", "The base year is a year from 1980 to 2100."))
    fields = {
        "name": name.strip()[:200], "name_en": name_en.strip()[:200], "base_year": int(base_year) if base_year else None,
        "published": published,
    }  # fmt: skip
    _save(park, user, reason, fields)


def known_packs(names: Iterable[str]) -> None:
    """Refuse names that are no standards.

    Raises
    ------
    SettingError
        With all of them.
    """
    unknown = [name for name in names if name not in shipped_ids()]
    if unknown:
        raise SettingError(Text(f"没有标准 {'、'.join(unknown)}。", f"There is no standard {', '.join(unknown)}."))


def packs(park: Park, user: Any, reason: str, chosen: Sequence[str]) -> None:
    """The standards the park works with, in their order.

    Raises
    ------
    SettingError
        None is left.
    """
    known = [name for name in shipped_ids() if name in chosen]
    if not known:
        raise SettingError(Text("至少选一个标准。", "Choose at least one standard."))
    before = [name for name in park.packs if name in known]
    _save(park, user, reason, {"packs": [*before, *(n for n in known if n not in before)]})


def run_settings(park: Park, user: Any, reason: str, *, options: str, grid: str, confirm: str, narrow: str) -> None:
    """Options of packs (``PACK.KEY=VALUE`` lines), grid, factors confirmed by the park, how bounds are narrowed.

    Raises
    ------
    InputError
        With every option or factor that does not exist or does not fit.
    """
    given: Mapping[str, Mapping[str, Any]] = parse_set([line.strip() for line in options.splitlines() if line.strip()])
    known_packs(given)
    factors = {**(park.settings.get("factors") or {}), "grid": grid.strip()}
    factors["confirm"] = [word for word in confirm.replace(",", " ").split() if word]
    bounds = {key: value for key, value in (park.settings.get("bounds") or {}).items() if key != "narrow"}
    parts: dict[str, Any] = {
        "options": {name: dict(values) for name, values in given.items()}, "factors": factors,
        "bounds": bounds | ({"narrow": narrow.strip()} if narrow.strip() else {}),
    }  # fmt: skip
    check_options([find_pack(name) for name in shipped_ids()], park.settings | parts, None)
    park.set_parts(user, reason, **parts)


@transaction.atomic
def department(park: Park, user: Any, reason: str, key: str, name: str, name_en: str = "") -> None:
    """Name a department, or add one.

    Raises
    ------
    SettingError
        No key or no name.
    """
    key = key.strip()[:60]
    if not key or not name.strip():
        raise SettingError(Text("请填部门编号和名称。", "Give the department's key and name."))
    found = Department.objects.filter(park=park, key=key).first() or Department(park=park, key=key)
    found.name, found.name_en = name.strip()[:120], name_en.strip()[:120]
    found._change_reason, found._history_user = reason, user
    found.save()


def what_hangs_on(found: Department) -> dict[str, int]:
    """What a department has now: open tasks it leads and helps with, open cases given to it, members."""
    park, key = found.park, found.key
    tasks = park.tasks.filter(status__in=OPEN)
    return {
        "lead": tasks.filter(lead=key).count(), "support": tasks.filter(supporting__contains=f"|{key}|").count(),
        "cases": park.cases.exclude(status__in=ENDED).filter(to=f"office:{key}").count(),
        "members": Membership.objects.filter(park=park, department=found).count(),
    }  # fmt: skip


@transaction.atomic
def dissolve(park: Park, user: Any, reason: str, key: str, *, seen: Mapping[str, int] | None = None) -> dict[str, int]:
    """Dissolve a department; its tasks and cases stay as they are, told as without department until they are handed on.

    Parameters
    ----------
    seen
        What hung on it as it was shown; None: whatever does.

    Raises
    ------
    SettingError
        There is none, no reason is given, or something else hangs on it now than was shown.
    """
    Park.objects.select_for_update().get(pk=park.pk)
    found = Department.objects.filter(park=park, key=key).first()
    if found is None:
        raise SettingError(Text("没有这个部门，或已撤并。", "There is no such department (any more)."))
    if not reason.strip():
        raise SettingError(Text("撤并部门须写明原因。", "Say why the department is dissolved."))
    hangs = what_hangs_on(found)
    if seen is not None and dict(seen) != hangs:
        raise SettingError(
            Text(
                "其间有任务、问题或成员变动，请核对后再确认。",
                "Tasks, cases or members have changed meanwhile: look again.",
            )
        )
    for member in Membership.objects.filter(department=found):
        member.department, member._change_reason, member._history_user = None, reason, user
        member.save()
    found._change_reason, found._history_user = reason, user
    found.delete()
    return hangs


def options_text(park: Park) -> str:
    """The options of the park's packs as lines."""
    rows = []
    for pack, values in (park.settings.get("options") or {}).items():
        for key, value in values.items():
            shown = ",".join(str(v) for v in value) if isinstance(value, list | tuple) else value
            rows.append(f"{pack}.{key}={shown}")
    return "\n".join(rows)


@transaction.atomic
def _save(park: Park, user: Any, reason: str, fields: Mapping[str, Any]) -> None:
    fresh = Park.objects.select_for_update().get(pk=park.pk)
    changed = [name for name, value in fields.items() if getattr(fresh, name) != value]
    for name, value in fields.items():
        setattr(fresh, name, value)
        setattr(park, name, value)
    if changed:
        fresh._change_reason, fresh._history_user = reason, user
        fresh.save(update_fields=changed)
