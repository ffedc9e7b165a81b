"""The target that tasks share: about which figure, in which unit, from where; whether their effects close the gap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from fractions import Fraction

from ecopark.casework import split as engine
from ecopark.casework.tasks import Target
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import unit_words
from ecopark.errors import UnitError
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import catalogue
from ecopark.web.background import StillWorkingError
from ecopark.web.parks.models import Park
from ecopark.web.tasks.lights import number, target_of
from ecopark.web.tasks.models import Task
from ecopark.web.tasks.stored import Named, Now, Stored, in_unit, named
from ecopark.web.tasks.work import OPERATORS, Aim, Draft

MOST_NEAR = 3
SAME = ("quantity", "part", "op", "target", "unit")
SHARE_OF = Fraction(1, 100)


def about(text: str, part: str = "") -> Named | None:
    """The quantity or shared indicator that somebody means who types this: its id, another id, or its name."""
    text = text.strip()
    low, quantity = text.lower(), catalogue().named(text)
    names = [text, quantity.id if quantity else ""]
    names += [i.id for i in indicators().values() if low in (i.label.zh.lower(), i.label.en.lower())]
    return next((found for name in names if name and (found := named(name, part)) is not None), None)


def settled(park: Park, aim: Aim, *, clause_unit: str | None = None) -> tuple[Aim, list[Text], Stored | None]:
    """A target with ids, unit and starting point filled in, what is wrong with it, and what is stored of its figure now.

    Parameters
    ----------
    clause_unit
        Unit of the clause it is for; None: it is for no clause and must name its figure.
    """
    if not aim.target and not aim.quantity:
        return replace(aim, op="", base="", unit=""), [], None
    found: list[Text] = []
    known = about(aim.quantity, aim.part) if aim.quantity else None
    if aim.quantity and known is None:
        found.append(_unknown(aim.quantity))
    elif known is None and clause_unit is None:
        found.append(Text("请选择目标所说的指标。", "Choose the indicator that the target is about."))
    if aim.quantity and not aim.target:
        found.append(Text("请填写目标值，或清空指标。", "Give the target value, or leave the indicator empty."))
    if aim.target and aim.op not in OPERATORS:
        found.append(Text("有目标值时请选择比较方式。", "With a target, say whether it is at least or at most."))
    for text in (aim.target, aim.base):
        if text and number(text) is None:
            found.append(Text(f"“{text}”不是数字。", f"'{text}' is no number."))
    own = known.unit if known else clause_unit
    unit = aim.unit or own or ""
    if own is not None and (wrong := _misfit(own or "1", unit or "1")):
        found.append(wrong)
    stored = None
    if known is not None and not found:
        aim = replace(aim, quantity=known.id)
        stored = _stored(park, known.id, aim.part, unit)
        if not aim.base and stored is not None and stored.value is not None:
            aim = replace(aim, base=decimal_text(stored.value, 12))
    return replace(aim, unit=unit), found, stored


def with_aim(draft: Draft, aim: Aim) -> Draft:
    """A draft that takes over the common target, where it has none of its own."""
    if draft.target or draft.quantity:
        return draft
    return replace(draft, **asdict(aim))


def with_effect(draft: Draft) -> tuple[Draft, list[Text]]:
    """A draft whose share of the gap has become an amount; what is wrong with its effect."""
    if draft.effect and draft.portion:
        return draft, [Text("预期效果与占比只填一项。", "Give the expected effect or its share of the gap, not both.")]
    for text in (draft.effect, draft.portion):
        if text and number(text) is None:
            return draft, [Text(f"“{text}”不是数字。", f"'{text}' is no number.")]
    if not draft.effect and not draft.portion:
        return draft, []
    target, share = _target(draft), number(draft.portion)
    if target is None:
        return draft, [
            Text("没有目标值，预期效果无从计。", "Without a target there is nothing an effect could count towards.")
        ]
    if share is None:
        return draft, []
    if share < 0 or share > 100:
        return draft, [Text("占比应在 0 到 100% 之间。", "A share lies between 0 and 100 %.")]
    amount = engine.portion(target, share * SHARE_OF)
    if amount is None:
        return draft, [Text("按占比分解须先有起点数值。", "A share of the gap needs the figure it starts from.")]
    return replace(draft, effect=decimal_text(amount, 12)), []


def split_of(aim: Aim, drafts: Iterable[Draft]) -> engine.Split | None:
    """The expected effects of the drafts that go by a target, against its gap; None without a target."""
    target = _target(aim)
    same = [d for d in drafts if all(getattr(d, name) == getattr(aim, name) for name in SAME)]
    return None if target is None else engine.split(target, [number(d.effect) for d in same])


def together(task: Task) -> tuple[Sequence[Task], engine.Split | None]:
    """The tasks that share the target of one, itself among them, and their expected effects against the gap."""
    target = target_of(task)
    if target is None:
        return (), None
    names = ("clause", "period", "quantity", "part", "op", "target", "unit")
    same = Task.objects.filter(park=task.park, **{name: getattr(task, name) for name in names})
    rows = list(same.exclude(status="cancelled").order_by("number")[:40])
    return rows, engine.split(target, [number(one.effect) for one in rows])


def _target(aim: Aim) -> Target | None:
    value = number(aim.target)
    return None if value is None or aim.op not in OPERATORS else Target(aim.op, value, number(aim.base))


def _stored(park: Park, name: str, part: str, unit: str) -> Stored | None:
    try:
        return Now(park).quantity(name, part, unit)
    except StillWorkingError:
        return None


def _unknown(text: str) -> Text:
    near = [q for q in catalogue().like(text) if named(q.id)][:MOST_NEAR]
    zh = "、".join(f"{q.label.zh}（{q.id}）" for q in near)
    en = ", ".join(f"{q.label.en} ({q.id})" for q in near)
    if not near:
        return Text(f"目录中没有“{text}”。", f"The catalogue has no '{text}'.")
    return Text(f"目录中没有“{text}”。是否指：{zh}？", f"The catalogue has no '{text}'. Did you mean {en}?")


def _misfit(own: str, given: str) -> Text | None:
    try:
        fits = in_unit(Fraction(1), given, own) is not None
    except UnitError:
        fits = False
    if fits:
        return None
    return Text(
        f"单位“{given}”不能换算为指标的单位“{unit_words(own, 'zh')}”。",
        f"The unit '{given}' cannot be restated in the indicator's, '{unit_words(own, 'en')}'.",
    )
