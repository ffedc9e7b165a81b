"""Audits and retrofits of a firm: entered, confirmed, corrected, and what a retrofit promised beside what the figures say.

The office writes at once. What a firm or a consultant enters is a draft until the office confirms it; what they change of a
confirmed entry waits beside it (`proposed`), and the entry stands as it is meanwhile. Every change keeps who, when and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from ecopark.core.rounding import exact
from ecopark.core.text import RefusedError, Text
from ecopark.errors import InputError
from ecopark.grading.retrofit import Delivered, delivered
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.web.figures.facts import problems_of, read_one
from ecopark.web.figures.models import COUNTED, Figure
from ecopark.web.firms.models import AUDITS, CARE_STATES, Audit, CareFile, Retrofit
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing
from ecopark.web.templatetags.ui import say, t
from ecopark.web.uploads import keep

R = TypeVar("R", Audit, Retrofit)
AUDIT_TEXTS = {"auditor": 200, "findings": 4000}
RETROFIT_TEXTS = {"name": 200, "expected": 60, "achieved": 60, "unit": 40, "cost": 60}
"""Fields that are typed, with their longest text."""
FIELDS = {
    "kind": Text("种类", "kind"), "mandatory": Text("强制", "mandatory"), "due": Text("应于", "due"),
    "done": Text("完成", "done"), "auditor": Text("审核机构", "auditor"), "findings": Text("结论", "findings"),
    "name": Text("名称", "name"), "audit_id": Text("审核", "audit"), "quantity": Text("数据项", "quantity"),
    "expected": Text("预期年效果", "expected a year"), "achieved": Text("实际年效果", "achieved a year"),
    "more": Text("效果为增加", "more is promised"), "unit": Text("单位", "unit"),
    "cost": Text("投资（万元）", "cost [10k CNY]"),
    "state": Text("状态", "state"),
}  # fmt: skip
"""What is kept of an entry, as it is called."""
STEPS = {
    "confirm": ("draft", "returned", "confirmed"), "return": ("draft", "confirmed"),
    "withdraw": ("draft", "returned", "confirmed"),
}  # fmt: skip
"""From which states the office takes a step; of a confirmed entry only its waiting change is confirmed or returned."""


class CareError(RefusedError):
    """An audit or retrofit that cannot be kept so."""


def audits(standing: Standing, state: str = "") -> QuerySet[Audit]:
    """The audits somebody may know (``open``, ``late``, ``done``, ``waiting``, or all), what is due first."""
    rows = standing.of_subjects(Audit.objects.filter(park=standing.park).select_related("subject"))
    return _in_state(rows, state).order_by(F("done").asc(nulls_first=True), "due", "pk")


def retrofits(standing: Standing, state: str = "") -> QuerySet[Retrofit]:
    """The retrofits somebody may know, the latest first; `state` as of `audits`."""
    rows = standing.of_subjects(Retrofit.objects.filter(park=standing.park).select_related("subject", "audit"))
    return _in_state(rows, state).order_by(F("due").desc(nulls_last=True), "-pk")


def _in_state(rows: QuerySet[Any], state: str) -> QuerySet[Any]:
    rows = rows.exclude(state="withdrawn")
    if state == "open":
        rows = rows.filter(done__isnull=True)
    elif state == "late":
        rows = rows.filter(done__isnull=True, due__lt=timezone.localdate())
    elif state == "done":
        rows = rows.filter(done__isnull=False)
    elif state == "waiting":
        rows = rows.exclude(state="confirmed", proposed={}).exclude(state="returned")
    return rows


def entry(standing: Standing, kind: str, pk: int, *, locked: bool = False) -> Audit | Retrofit | None:
    """One entry that somebody may know, also a withdrawn one; None if there is none."""
    model: Any = {"audits": Audit, "retrofits": Retrofit}[kind]
    rows = standing.of_subjects(model.objects.filter(park=standing.park).select_related("subject", "park"))
    found: Audit | Retrofit | None = (rows.select_for_update(of=("self",)) if locked else rows).filter(pk=pk).first()
    return found


def save_audit(audit: Audit, given: Mapping[str, Any], user: Any, why: str, *, confirms: bool = True) -> Audit:
    """Write an audit, new or changed; what is not in `given` stays.

    Parameters
    ----------
    confirms
        Whether what this person writes stands at once (the office), or waits for the office.

    Raises
    ------
    CareError
        It is of no known kind; a done one is changed without a reason; it was withdrawn.
    """
    before = _open(audit, why, given)
    if given.get("kind"):
        audit.kind = str(given["kind"])
    if audit.kind not in AUDITS:
        raise CareError(Text("请选审核种类。", "Choose the kind of audit."))
    if audit.pk is None or given.get("mandatory") is not None:
        audit.mandatory = bool(given.get("mandatory"))
    _put(audit, given, AUDIT_TEXTS)
    return _saved(audit, before, user, why, confirms)


def save_retrofit(
    retrofit: Retrofit, given: Mapping[str, Any], user: Any, why: str, *, confirms: bool = True
) -> Retrofit:
    """Write a retrofit, new or changed; what is not in `given` stays; an empty quantity or audit takes the link away.

    Raises
    ------
    CareError
        No name, no number where there should be one, no such quantity, a unit that does not fit it, an audit of another firm;
        a done one is changed without a reason; it was withdrawn.
    """
    before = _open(retrofit, why, given)
    _put(retrofit, given, RETROFIT_TEXTS)
    if "quantity" in given:
        retrofit.quantity = str(given["quantity"] or "").strip()
        if retrofit.quantity and quantity_of(retrofit) is None:
            raise CareError(Text(f"没有数据项“{given['quantity']}”。", f"There is no quantity '{given['quantity']}'."))
    if "audit" in given:
        retrofit.audit = _audit(retrofit.subject, given["audit"]) if given["audit"] else None
    if given.get("more") is not None:
        retrofit.more = bool(given["more"])
    for text in (retrofit.expected, retrofit.achieved, retrofit.cost):
        if text and not _number(text):
            raise CareError(Text(f"“{text}”不是数字。", f"'{text}' is no number."))
    if not retrofit.name:
        raise CareError(Text("请填名称。", "Give its name."))
    if retrofit.quantity and (retrofit.expected or retrofit.unit):
        in_unit(retrofit, retrofit.expected or "1")
    return _saved(retrofit, before, user, why, confirms)


def quantity_of(retrofit: Retrofit) -> Quantity | None:
    """The quantity it is linked to."""
    return catalogue().find(retrofit.quantity)


def quantities() -> list[Quantity]:
    """What a retrofit can be about: amounts that a firm reports."""
    return [
        q for q in catalogue().quantities.values()
        if (q.level == "firm" or q.rollup) and q.kind in ("flow", "stock", "count") and q.unit
    ]  # fmt: skip


def in_unit(retrofit: Retrofit, text: str) -> Fraction | None:
    """An amount of its linked quantity, in the unit of the catalogue.

    Raises
    ------
    CareError
        Its unit is not one of that quantity.
    """
    row = {
        "subject": retrofit.subject.key, "quantity": retrofit.quantity, "period": "2000", "value": text.lstrip("-+"),
        "unit": retrofit.unit, "by": "", "source": "", "note": "",
    }  # fmt: skip
    try:
        read = read_one(retrofit.park, row)
    except InputError as error:
        zh, en = (problems_of(error, lang)[0] for lang in ("zh", "en"))
        raise CareError(Text(f"与所选数据项不符：{zh}", f"It does not fit the quantity: {en}")) from None
    return read.value if read is not None and isinstance(read.value, Fraction) else None


def delivered_by(retrofit: Retrofit) -> Delivered | None:
    """What the firm's accepted figures say of the linked quantity since the year before it was done; None: not enough."""
    if not retrofit.quantity or retrofit.done is None:
        return None
    amounts: dict[int, Fraction] = {}
    for figure in Figure.objects.filter(
        subject=retrofit.subject, quantity=retrofit.quantity, by="", state__in=COUNTED
    ).exclude(given=""):
        if len(figure.period) == 4 and figure.period.isdecimal():
            read = read_one(retrofit.park, figure.as_row(retrofit.subject.key))
            if read is not None and isinstance(read.value, Fraction):
                amounts[int(figure.period)] = read.value
    try:
        promised = in_unit(retrofit, retrofit.expected) if retrofit.expected else None
    except CareError:
        promised = None
    return delivered(amounts, retrofit.done.year, promised, saves=not retrofit.more)


@transaction.atomic
def step(standing: Standing, kind: str, pk: int, name: str, user: Any, why: str) -> Audit | Retrofit:
    """Confirm, return or withdraw an entry (the office), or return the change that waits beside it.

    Raises
    ------
    CareError
        Not from this state, or returned or withdrawn without a reason.
    """
    row = entry(standing, kind, pk, locked=True)
    if row is None or name not in STEPS or row.state not in STEPS[name]:
        raise CareError(Text("现在不能这样操作，请刷新后再看。", "That cannot be done now: load the page again."))
    why = why.strip()
    if name != "confirm" and not why:
        raise CareError(Text("请写明理由。", "Say why."))
    if row.state == "confirmed" and name != "withdraw":
        if not row.proposed:
            raise CareError(Text("没有待确认的修改。", "There is no change to be confirmed."))
        if name == "confirm":
            for field, value in row.proposed.items():
                setattr(row, field, _value(field, value))
        row.proposed = {}
    else:
        row.state = {"confirm": "confirmed", "return": "returned", "withdraw": "withdrawn"}[name]
        row.proposed = {}
    return _kept(row, user, why or name)


def attach(row: Audit | Retrofit, file: Any, user: Any) -> CareFile:
    """Keep a report with an entry.

    Raises
    ------
    UploadError
        The file cannot be taken.
    CareError
        There is none.
    """
    if file is None:
        raise CareError(Text("请选择文件。", "Choose a file."))
    stored = keep(file, f"care/{row.park_id}")
    link = {"audit": row} if isinstance(row, Audit) else {"retrofit": row}
    return CareFile.objects.create(
        park=row.park, name=stored.name, stored=stored.key, media_type=stored.media_type, size=stored.size,
        digest=stored.digest, by=user, **link,
    )  # fmt: skip


def files_of(row: Audit | Retrofit) -> QuerySet[CareFile]:
    """The papers that are listed with an entry."""
    return row.files.filter(withdrawn__isnull=True).select_related("by")


def history(row: Audit | Retrofit) -> list[dict[str, Any]]:
    """What became of an entry, the latest first: when, who, what changed, why."""
    rows = list(row.history.select_related("history_user").order_by("history_date", "history_id"))
    found = []
    for number, now in enumerate(rows):
        last = rows[number - 1] if number else None
        changed = [n for n in FIELDS if hasattr(now, n) and getattr(now, n) != (getattr(last, n) if last else None)]
        what = Text("登记", "entered") if last is None else Text("修改", "changed")
        if last is not None and now.state != last.state:
            what = CARE_STATES[now.state]
        elif last is not None and now.proposed != last.proposed:
            what = (
                Text("提出修改", "a change was proposed")
                if now.proposed
                else Text("修改已处理", "the change was decided")
            )
        found.append(
            {
                "at": now.history_date, "who": now.history_user.shown_name if now.history_user else "", "what": what,
                "why": now.history_change_reason or None, "tone": "",
                "before": said(last, changed) if last is not None and changed else None,
                "after": said(now, changed) if last is not None and changed else None,
            }
        )  # fmt: skip
    return found[::-1]


def said(row: Any, names: Iterable[str]) -> str:
    """Fields of an entry in one line."""
    return t("；", "; ").join(f"{say(FIELDS[n])} {_shown(n, getattr(row, n))}" for n in names if n != "state")


def proposed(row: Audit | Retrofit) -> list[tuple[Text, str, str]]:
    """The fields that wait to be changed: label, now, then."""
    return [
        (FIELDS[n], _shown(n, getattr(row, n)), _shown(n, _value(n, v))) for n, v in row.proposed.items() if n in FIELDS
    ]


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return "—" if value in (None, "") else str(value)


def _value(name: str, kept: Any) -> Any:
    return date.fromisoformat(kept) if name in ("due", "done") and kept else kept


def _open(row: Audit | Retrofit, why: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they were; refused where a done entry is changed without a reason."""
    if row.pk is None:
        return {}
    if row.state == "withdrawn":
        raise CareError(Text("这条登记已撤销。", "This entry was withdrawn."))
    if row.done is not None and not why.strip():
        raise CareError(Text("已完成的登记，修改须写明原因。", "It is done: say why it is changed."))
    return _fields(row)


def _fields(row: Audit | Retrofit) -> dict[str, Any]:
    return {n: getattr(row, n) for n in FIELDS if n != "state" and hasattr(row, n)}


def _saved(row: R, before: dict[str, Any], user: Any, why: str, confirms: bool) -> R:
    if confirms:
        row.state = "confirmed" if row.pk is None else row.state
        return _kept(row, user, why)
    if row.pk is None or row.state != "confirmed":
        row.state = "draft"
        return _kept(row, user, why)
    wanted = {n: v for n, v in _fields(row).items() if v != before[n]}
    for name, value in before.items():
        setattr(row, name, value)
    row.proposed = {n: v.isoformat() if isinstance(v, date) else v for n, v in wanted.items()}
    return _kept(row, user, why)


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


def _kept(row: R, user: Any, why: str) -> R:
    row._history_user, row._change_reason = user, why.strip()[:300]
    row.save()
    return row


def _number(text: str) -> bool:
    try:
        exact(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True
