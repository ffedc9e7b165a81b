"""What a firm can do with its sheet: see the smallest changes to the next class, object with evidence; other weights tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from ecopark.core.text import RefusedError, Text
from ecopark.errors import EcoparkError, InputError
from ecopark.grading.appeals import read_value
from ecopark.grading.sheet import Sheet, sheet_of
from ecopark.grading.simulate import Move, simulate
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.change import Change, write
from ecopark.web.figures.facts import read_one
from ecopark.web.figures.models import Figure
from ecopark.web.figures.said import said
from ecopark.web.firms import grades
from ecopark.web.firms.models import Appeal, FirmGrade, GradeRun
from ecopark.web.uploads import DOCUMENTS, keep
from ecopark.workflows.grade_firms import method_with


class AppealError(RefusedError):
    """The appeal cannot be taken; `text` says why."""


def is_current(made: GradeRun) -> bool:
    """Whether a grading is the one that holds now."""
    now = grades.current(made.park, made.method, made.year)
    return now is not None and now.pk == made.pk


def sheet_now(made: GradeRun, own: FirmGrade) -> Sheet | None:
    """A firm's sheet with its smallest changes; None where the grading is an earlier one, too large, or not of this firm."""
    if own.outside or made.firms > grades.AT_ONCE or not is_current(made):
        return None
    return sheet_of(grades.graded(made.park, made.method, made.year), own.subject.key)


def file(own: FirmGrade, quantity: str, value: str, reason: str, upload: Any, user: Any) -> Appeal:
    """Object to a figure that a grade was made of, with evidence.

    Raises
    ------
    AppealError
        It is no figure of the sheet, something is missing or cannot be read, or there is a newer grading.
    UploadError
        The evidence cannot be taken.
    """
    made = own.run
    quantity, value, reason = quantity.strip(), value.strip(), reason.strip()
    known = {i["id"]: i["label"] for i in grades.inputs_of(made, own)}
    if quantity not in known:
        raise AppealError(Text("请选择评价单上的数据项。", "Choose a figure of this sheet."))
    if not (value and reason and upload):
        raise AppealError(
            Text(
                "请写明数据项、正确数值和理由，并附佐证材料。",
                "Give the figure, its right value, the reason and the evidence.",
            )
        )
    if made.pk != getattr(grades.latest(made.park, made.method, made.year), "pk", None):
        raise AppealError(
            Text(
                "评价结果已更新，请针对最新结果申诉。",
                "The grades are newer than this page: appeal against the latest.",
            )
        )
    try:  # as the office's answer will read it: what cannot be used is told to who can mend it
        read_value(quantity, value[:60], grades.chosen_method(made.park, made.method, made.method_hash))
    except EcoparkError as error:
        label = known[quantity]
        raise AppealError(
            Text(
                f"“{value[:60]}”不能作为{label['zh']}：{error.message('zh')}",
                f"'{value[:60]}' cannot be {label['en']}: {error.message('en')}",
            )
        ) from None
    stored = keep(upload, f"appeals/{made.park_id}", DOCUMENTS)
    return Appeal.objects.create(
        run=made, subject=own.subject, quantity=quantity[:160], value=value[:60], reason=reason[:1000], name=stored.name,
        stored=stored.key, media_type=stored.media_type, digest=stored.digest, by=user,
    )  # fmt: skip


def to_correct(appeal: Appeal) -> Text | None:
    """The park's own figure that an accepted appeal says is wrong, as it stands; None if there is nothing to correct.

    A figure that was written since, and an appeal that a later one on the same figure has overtaken, are left alone.
    """
    quantity = catalogue().find(appeal.quantity)
    if appeal.state != "accepted" or quantity is None or appeal.decided is None:
        return None
    same = Appeal.objects.filter(
        subject=appeal.subject, quantity=appeal.quantity, run__year=appeal.run.year, state="accepted"
    )
    if same.filter(decided__gt=appeal.decided).exists():
        return None
    figure = _figure(appeal)
    if figure is None:
        return Text("未填报", "not reported")
    if figure.entered_at > appeal.decided:
        return None
    wanted = _change(appeal, figure).row()
    try:
        found, now = (
            read_one(appeal.run.park, wanted | more) for more in ({}, {"value": figure.given, "unit": figure.unit})
        )
    except InputError:
        found = now = None
    if found is not None and now is not None and found.value == now.value:
        return None
    return Text(*[said(figure, figure.quantity, figure.by)] * 2)


@transaction.atomic
def correct(appeal: Appeal, user: Any) -> int:
    """Write what an accepted appeal said into the park's figures, with the appeal as the reason; says how many changed.

    Raises
    ------
    AppealError
        The appeal was not accepted, or the figure says so already.
    InputError
        The value cannot be read.
    ConflictError
        Somebody else has just changed the figure.
    """
    if to_correct(appeal) is None:
        raise AppealError(Text("没有需要更正的数据。", "There is no figure to correct."))
    reason = f"申诉 №{appeal.pk} 采纳 / appeal no. {appeal.pk} accepted: {appeal.answer}"[:300]
    return write(appeal.run.park, [_change(appeal, _figure(appeal))], user, reason)


def _figure(appeal: Appeal) -> Figure | None:
    quantity = catalogue()[appeal.quantity].id
    return appeal.subject.figures.filter(quantity=quantity, period=appeal.run.year, by="").first()


def _change(appeal: Appeal, figure: Figure | None) -> Change:
    quantity = catalogue()[appeal.quantity]
    return Change(
        appeal.subject.key, quantity.id, appeal.run.year, appeal.value, quantity.unit, source=appeal.name,
        note=figure.note if figure else "", seen=figure.stamp if figure else 0,
    )  # fmt: skip


def simulated(made: GradeRun, weights: Mapping[str, str], cutoffs: str) -> list[Move]:
    """Who would move under other weights and cut-offs; nothing is kept.

    Raises
    ------
    EcoparkError
        The park is too large for it, or the weights or cut-offs cannot be used.
    """
    if made.firms > grades.AT_ONCE:
        raise EcoparkError(
            f"the simulator works up to {grades.AT_ONCE} firms.", zh=f"模拟最多支持 {grades.AT_ONCE} 家企业。"
        )
    grading = grades.graded(made.park, made.method, made.year)
    changed = method_with(grading.method, weights=dict(weights) or None, cutoffs=cutoffs or None)
    return [m for m in simulate(grading, changed) if m.moved]
