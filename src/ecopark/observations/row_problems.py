"""What can be wrong with a row, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecopark.errors import Place, Problem
from ecopark.observations.model import Observation
from ecopark.observations.numbers import Number, UnreadableError, shown
from ecopark.observations.quantity import Quantity

if TYPE_CHECKING:
    from ecopark.observations.meaning import Meaning
    from ecopark.observations.rows import RawRow


def bad_period(raw: RawRow) -> Problem:
    """The period is none."""
    text = shown(raw.period)[:40]
    return Problem(
        "bad-period",
        raw.place,
        f"“{text}”不是期间。",
        f"'{text}' is not a period.",
        "请写 2023、2023-Q2、2023-05 或 2023-05-17；不随时间变化的留空。",
        "Write 2023, 2023-Q2, 2023-05 or 2023-05-17; leave it empty for what does not change.",
    )


def period_needed(raw: RawRow, quantity: Quantity) -> Problem:
    """A flow without a period."""
    return Problem(
        "bad-period",
        raw.place,
        f"“{quantity.label['zh']}”按期统计，但没有填写期间。",
        f"{quantity.id} is counted over a period, but none is given.",
        "请填写年份等期间。",
        "Give the year (or quarter, month).",
    )


def unreadable(raw: RawRow, error: UnreadableError) -> Problem:
    """The value is no number, flag or code."""
    return Problem(
        "unreadable-number",
        raw.place,
        f"{raw.quantity}：{error.zh}",
        f"{raw.quantity}: {error.en}",
        "请只填一个数；没有数据的留空，不适用的填 n/a 并说明原因。",
        "Type one number; leave it empty if there is none, n/a with a note if it does not apply.",
    )


def formula_text(raw: RawRow) -> Problem:
    """The value is a formula typed as text."""
    text = shown(raw.value)[:40]
    return Problem(
        "formula-text",
        raw.place,
        f"“{text}”是公式文字，不是数值。",
        f"'{text}' is formula text, not a value.",
        "请填写计算结果。",
        "Type the result.",
    )


def two_units(raw: RawRow, own: str, column: str) -> Problem:
    """The value and the unit column name different units."""
    return Problem(
        "incompatible-unit",
        raw.place,
        f"数值中写的单位是“{own}”，单位列是“{column}”。",
        f"the value says '{own}', the unit column says '{column}'.",
        "请只保留一个单位。",
        "Keep one of the two.",
    )


def double_scale(raw: RawRow, number: Number, meaning: Meaning) -> Problem:
    """万 or 亿 stands in the value and in the unit."""
    return Problem(
        "ambiguous-scale",
        raw.place,
        f"数值“{shown(raw.value)}”已含“{number.scale}”，单位“{meaning.given_unit}”又含数量级，不知是否重复。",
        f"the value '{shown(raw.value)}' and the unit '{meaning.given_unit}' both carry a multiple; which counts?",
        "请只在一处写“万”或“亿”。",
        "Write the multiple in one of the two only.",
    )


def missing_note(raw: RawRow) -> Problem:
    """n/a without a reason."""
    return Problem(
        "missing-note",
        raw.place,
        f"{raw.quantity}：填“不适用”须在备注中说明原因。",
        f"{raw.quantity}: n/a needs a note that says why.",
        "请填写备注，或留空。",
        "Fill in the note, or leave the value empty.",
    )


def no_base_year(raw: RawRow, quantity: Quantity) -> Problem:
    """A constant-price amount without a base year."""
    return Problem(
        "no-base-year",
        raw.place,
        f"“{quantity.label['zh']}”按可比价计，但没有基年。",
        f"{quantity.id} is at constant prices, but no base year is given.",
        "请在单位后加基年（如 万元@2020），或在 park.toml 写 base_year。",
        "Add it to the unit (10k CNY@2020), or set base_year in park.toml.",
        "warning",
    )


def repeats(raw: RawRow, earlier: Observation) -> Problem:
    """The same figure twice."""
    return Problem(
        "duplicate-same",
        raw.place,
        f"{earlier.quantity}（{earlier.period}）与 {earlier.place} 重复，数值相同，只取一次。",
        f"{earlier.quantity} ({earlier.period}) repeats {earlier.place} with the same value; it is used once.",
        severity="warning",
    )


def differs(raw: RawRow, observation: Observation, other: Place | None) -> Problem:
    """Two figures for one thing."""
    where = str(other) if other is not None else "?"
    what = f"{observation.quantity}{f'[{observation.by}]' if observation.by else ''} ({observation.period})"
    zh_where, en_where = (
        (f"与 {where}", f"from {where}") if other is not None else ("与前面的行", "from the rows before")
    )
    return Problem(
        "duplicate-differs",
        raw.place,
        f"{what} 填了“{shown(raw.value)}”，{zh_where} 不一致。",
        f"{what} says {shown(raw.value)}, which differs {en_where}.",
        "请只保留正确的一个。",
        "Keep the right one only.",
    )


def mixed_base_year(observation: Observation, usual: int) -> Problem:
    """Constant prices of different years."""
    return Problem(
        "mixed-base-year",
        observation.place,
        f"{observation.quantity} 的基年是 {observation.base_year}，同一对象的其他数据是 {usual}。",
        f"{observation.quantity} is at {observation.base_year} prices, the subject's others at {usual}.",
        "请统一换算为同一基年的可比价。",
        "Restate all amounts at the prices of one year.",
    )
