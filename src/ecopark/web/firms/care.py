"""Audits and retrofits of a firm: entered, and later what was done and what it saved; every change keeps who and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import F, QuerySet
from django.utils import timezone

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.observations.quantity import catalogue
from ecopark.web.firms.models import AUDITS, Audit, Retrofit
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing

R = TypeVar("R", Audit, Retrofit)
AUDIT_TEXTS = {"auditor": 200, "findings": 4000}
RETROFIT_TEXTS = {"name": 200, "expected": 60, "achieved": 60, "unit": 40, "cost": 60}
"""Fields that are typed, with their longest text."""


class CareError(EcoparkError):
    """An audit or retrofit that cannot be kept so."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en, zh=text.zh)
        self.text = text


def audits(standing: Standing, state: str = "") -> QuerySet[Audit]:
    """The audits somebody may know (``open``, ``late``, ``done``, or all), what is due first."""
    rows = standing.of_subjects(Audit.objects.filter(park=standing.park).select_related("subject"))
    if state == "open":
        rows = rows.filter(done__isnull=True)
    elif state == "late":
        rows = rows.filter(done__isnull=True, due__lt=timezone.localdate())
    elif state == "done":
        rows = rows.filter(done__isnull=False)
    return rows.order_by(F("done").asc(nulls_first=True), "due", "pk")


def retrofits(standing: Standing) -> QuerySet[Retrofit]:
    """The retrofits somebody may know, the latest first."""
    rows = standing.of_subjects(Retrofit.objects.filter(park=standing.park).select_related("subject"))
    return rows.order_by("-due", "-pk")


def save_audit(audit: Audit, given: Mapping[str, Any], user: Any, why: str) -> Audit:
    """Write an audit, new or changed; what is not in `given` stays.

    Raises
    ------
    CareError
        It is of no known kind.
    """
    if given.get("kind"):
        audit.kind = str(given["kind"])
    if audit.kind not in AUDITS:
        raise CareError(Text("请选审核种类。", "Choose the kind of audit."))
    if audit.pk is None:
        audit.mandatory = bool(given.get("mandatory"))
    _put(audit, given, AUDIT_TEXTS)
    return _saved(audit, user, why)


def save_retrofit(retrofit: Retrofit, given: Mapping[str, Any], user: Any, why: str) -> Retrofit:
    """Write a retrofit, new or changed; what is not in `given` stays.

    Raises
    ------
    CareError
        No name, no number where there should be one, no such quantity, or an audit of another firm.
    """
    _put(retrofit, given, RETROFIT_TEXTS)
    if given.get("quantity"):
        if catalogue().find(str(given["quantity"])) is None:
            raise CareError(Text(f"没有数据项“{given['quantity']}”。", f"There is no quantity '{given['quantity']}'."))
        retrofit.quantity = str(given["quantity"])
    if given.get("audit"):
        retrofit.audit = _audit(retrofit.subject, given["audit"])
    for text in (retrofit.expected, retrofit.achieved, retrofit.cost):
        if text and not _number(text):
            raise CareError(Text(f"“{text}”不是数字。", f"'{text}' is no number."))
    if not retrofit.name:
        raise CareError(Text("请填名称。", "Give its name."))
    return _saved(retrofit, user, why)


def _audit(subject: Subject, pk: Any) -> Audit:
    found = Audit.objects.filter(subject=subject, pk=int(pk)).first() if str(pk).isdecimal() else None
    if found is None:
        raise CareError(Text("没有这次审核。", "There is no such audit of this firm."))
    return found


def _put(row: Audit | Retrofit, given: Mapping[str, Any], texts: Mapping[str, int]) -> None:
    for name in ("due", "done"):
        if name in given:
            setattr(row, name, given[name])
    for name, longest in texts.items():
        if name in given:
            setattr(row, name, str(given[name]).strip()[:longest])


def _saved(row: R, user: Any, why: str) -> R:
    row._history_user, row._change_reason = user, why.strip()[:300]
    row.save()
    return row


def _number(text: str) -> bool:
    try:
        exact(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True
