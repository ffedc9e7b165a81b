"""A report of a case as it is sent, by the form of a phone or by a program: read and checked, every text for itself."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from ecopark.casework.rules import CaseRules
from ecopark.core.text import RefusedError, Text
from ecopark.web.cases import work
from ecopark.web.cases.models import Case
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing
from ecopark.web.typed import moment_in


class ReportError(RefusedError):
    """A report that cannot be taken; `text` says why."""


def read(given: Mapping[str, str], standing: Standing, rules: CaseRules) -> work.Report:
    """The report as texts say it: kind, text, severity, source, lon, lat, place, firm, found, key.

    Raises
    ------
    ReportError
        One of them cannot be used.
    """
    kind, severity = given.get("kind", ""), given.get("severity", "")
    source = given.get("source", "") or usual_source(standing)
    if kind not in rules.kinds:
        raise ReportError(Text("请选择问题类型。", "Choose what kind of problem it is."))
    if (severity and severity not in rules.severities) or source not in rules.sources:
        raise ReportError(Text("紧急程度或来源有误。", "The severity or source is not known."))
    text = given.get("text", "").strip()[:4000]
    if not text:
        raise ReportError(Text("请简要描述问题。", "Say in a few words what you found."))
    lon, lat = _degree(given.get("lon", ""), 180), _degree(given.get("lat", ""), 90)
    if (lon is None) != (lat is None):
        raise ReportError(Text("经纬度须同时填写。", "Give both longitude and latitude, or neither."))
    place = given.get("place", "").strip()[:200]
    if lon is None and not place:
        raise ReportError(
            Text("请定位、在地图上点选，或写明地点。", "Use your position, tap the map, or say where it is.")
        )
    try:
        key = uuid.UUID(given["key"]) if given.get("key") else None
    except ValueError:
        raise ReportError(Text("请刷新页面后重新上报。", "Load the page again and report anew.")) from None
    return work.Report(
        kind=kind,
        text=text,
        severity=severity,
        source=source,
        lon=lon,
        lat=lat,
        place=place,
        firm=_firm(given.get("firm", ""), standing),
        found=_moment(given.get("found", "")),
        key=key,
    )


def _firm(name: str, standing: Standing) -> Subject | None:
    """The firm concerned: a reporter's own; else the one that was chosen or typed (key, name or credit code)."""
    firms = standing.subjects().filter(kind="firm")
    if not standing.wide and standing.firms:
        return firms.filter(key=name or min(standing.firms)).first() or firms.first()
    if not name.strip():
        return None
    for field in ("key", "name", "credit_code"):
        found = firms.filter(**{field: name.strip()}).first()
        if found is not None:
            return found
    raise ReportError(Text(f"企业名册中没有“{name}”。", f"There is no firm '{name}' in the register."))


def _degree(text: str, most: int) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise ReportError(Text(f"“{text}”不是经纬度。", f"'{text}' is no longitude or latitude."))
    return round(value, 7)


def _moment(text: str) -> datetime | None:
    found = moment_in(text)
    return found if found is not None and timezone.is_aware(found) else None


def usual_source(standing: Standing) -> str:
    """A reporter checks their own firm; others are on patrol."""
    return "self_check" if not standing.wide and standing.firms else "patrol"


def taken(case: Case) -> Text:
    """What somebody is told whose report was taken in."""
    if case.lon is not None and not case.grid:
        return Text(
            f"已登记为第 {case.number} 号问题。地点不在任何网格内，由园区办直接交办。",
            f"Registered as case {case.number}. The place is outside every grid: the park office deals with it.",
        )
    return Text(f"已登记为第 {case.number} 号问题。", f"Registered as case {case.number}.")
