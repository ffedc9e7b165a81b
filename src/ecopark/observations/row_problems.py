"""What can be wrong with a row, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ecopark.errors import Place, Problem
from ecopark.observations.model import Observation, Subject
from ecopark.observations.numbers import UnreadableError, shown
from ecopark.observations.quantity import Quantity

if TYPE_CHECKING:
    from ecopark.observations.meaning import Meaning
    from ecopark.observations.rows import RawRow


def _named(raw: RawRow, quantity: Quantity | None) -> tuple[str, str]:
    """What messages call the quantity: label and id, or what was typed."""
    return (quantity.zh, quantity.en) if quantity is not None else (f"“{raw.quantity}”", raw.quantity)


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
        f"{quantity.zh}按期统计，但没有填写期间。",
        f"{quantity.en} is counted over a period, but none is given.",
        "请填写年份等期间。",
        "Give the year (or quarter, month).",
    )


def unreadable(raw: RawRow, error: UnreadableError, quantity: Quantity | None) -> Problem:
    """The value is no number, flag or code."""
    zh, en = _named(raw, quantity)
    return Problem(
        "unreadable-number",
        raw.place,
        f"{zh}：{error.zh}",
        f"{en}: {error.en}",
        error.repair_zh or "请只填一个数；没有数据的留空，不适用的填 n/a 并说明原因。",
        error.repair_en or "Type one number; leave it empty if there is none, n/a with a note if it does not apply.",
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


def two_units(raw: RawRow, meaning: Meaning) -> Problem:
    """The value and the unit column name units that do not measure the same thing."""
    zh, en = _named(raw, meaning.quantity)
    typed, column = shown(raw.value)[:60], raw.unit.strip()
    return Problem(
        "incompatible-unit",
        raw.place,
        f"{zh}：数值写作“{typed}”，与单位列的“{column}”不是同类单位。",
        f"{en}: the value says '{typed}', which does not convert to '{column}' of the unit column.",
        "请只保留一个单位。",
        "Keep one of the two.",
    )


def no_unit(raw: RawRow, meaning: Meaning, words: str) -> Problem:
    """What follows the number is no unit."""
    zh, en = _named(raw, meaning.quantity)
    typed = shown(raw.value)[:60]
    return Problem(
        "unknown-unit",
        raw.place,
        f"{zh}：“{typed}”中的“{words[:40]}”不是单位。",
        f"{en}: '{words[:40]}' in '{typed}' is no unit.",
        "请只填数字，单位写在单位列。",
        "Type the number only, and the unit in its column.",
    )


def unit_in_value(raw: RawRow, meaning: Meaning) -> Problem:
    """The value carries a unit of another size than the unit column."""
    zh, en = _named(raw, meaning.quantity)
    typed, column = shown(raw.value)[:60], raw.unit.strip()
    return Problem(
        "unit-in-value",
        raw.place,
        f"{zh}：数值写作“{typed}”，单位列是“{column}”，按数值中的单位读取。",
        f"{en}: the value says '{typed}', the unit column '{column}'; the unit in the value was used.",
        "请核对，并只在一处写单位。",
        "Check it, and write the unit in one place.",
        "warning",
    )


def double_scale(raw: RawRow, meaning: Meaning) -> Problem:
    """万 or 亿 is said twice, in the value or in value and unit."""
    zh, en = _named(raw, meaning.quantity)
    typed, column = shown(raw.value)[:60], raw.unit.strip() or meaning.unit
    return Problem(
        "ambiguous-scale",
        raw.place,
        f"{zh}：数值“{typed}”、单位“{column}”，数量级写了两次，不知是否重复。",
        f"{en}: the value '{typed}' with the unit '{column}' carries a multiple twice; which counts?",
        "请只在一处写“万”或“亿”。",
        "Write the multiple in one of the two only.",
    )


def impossible(raw: RawRow, meaning: Meaning, quantity: Quantity) -> Problem:
    """A negative amount, or a share above the whole."""
    typed, column = shown(raw.value)[:60], raw.unit.strip() or meaning.unit
    limits = "0 … 100 %" if quantity.unit == "%" else "≥ 0"
    return Problem(
        "impossible-value",
        raw.place,
        f"{quantity.zh}填了“{typed}”（单位“{column}”），不可能：应 {limits}。",
        f"{quantity.en} says '{typed}' (unit '{column}'), which cannot be: {limits}.",
        "请核对正负号、小数点和单位；没有数据的留空。",
        "Check the sign, the decimal point and the unit; leave it empty if there is no figure.",
    )


def maybe_fraction(raw: RawRow, meaning: Meaning, percent: str) -> Problem:
    """A bare 0.98 where percent are asked for."""
    zh, en = _named(raw, meaning.quantity)
    typed = shown(raw.value)[:40]
    return Problem(
        "maybe-fraction",
        raw.place,
        f"{zh}的单位是 %，填了 {typed}，按 {typed} % 读取。",
        f"{en} is in %; {typed} was read as {typed} %.",
        f"若指 {percent} %，请填 {percent}。",
        f"If {percent} % is meant, type {percent}.",
        "warning",
    )


def none_for_count(raw: RawRow, quantity: Quantity) -> Problem:
    """无 or a dash where things are counted: none given, or none there?"""
    typed = shown(raw.value)[:40]
    return Problem(
        "none-for-count",
        raw.place,
        f"{quantity.zh}填了“{typed}”，按未填处理。",
        f"{quantity.en} says '{typed}', which is read as: no figure given.",
        "如确为零请填 0。",
        "If there were none, type 0.",
        "warning",
    )


def missing_note(raw: RawRow, quantity: Quantity | None) -> Problem:
    """n/a without a reason."""
    zh, en = _named(raw, quantity)
    return Problem(
        "missing-note",
        raw.place,
        f"{zh}：填“不适用”须在备注中说明原因。",
        f"{en}: n/a needs a note that says why.",
        "请填写备注，或留空。",
        "Fill in the note, or leave the value empty.",
    )


def no_base_year(raw: RawRow, quantity: Quantity) -> Problem:
    """A constant-price amount without a base year."""
    return Problem(
        "no-base-year",
        raw.place,
        f"{quantity.zh}按可比价计，但没有基年。",
        f"{quantity.en} is at constant prices, but no base year is given.",
        "请在单位后加基年（如 万元@2020），或在 park.toml 写 base_year。",
        "Add it to the unit (10k CNY@2020), or set base_year in park.toml.",
        "warning",
    )


def repeats(raw: RawRow, earlier: Observation, quantity: Quantity | None) -> Problem:
    """The same figure twice."""
    zh, en = _named(raw, quantity)
    return Problem(
        "duplicate-same",
        raw.place,
        f"{zh}（{earlier.period}）与 {earlier.place} 重复，数值相同，只取一次。",
        f"{en}, {earlier.period}, repeats {earlier.place} with the same value; it is used once.",
        severity="warning",
    )


def differs(raw: RawRow, observation: Observation, other: Place | None, quantity: Quantity | None) -> Problem:
    """Two figures for one thing."""
    where = str(other) if other is not None else "?"
    zh, en = _named(raw, quantity)
    by = f"[{observation.by}]" if observation.by else ""
    zh_where, en_where = (
        (f"与 {where}", f"from {where}") if other is not None else ("与前面的行", "from the rows before")
    )
    return Problem(
        "duplicate-differs",
        raw.place,
        f"{zh}{by}（{observation.period}）填了“{observation.given}”，{zh_where} 不一致。",
        f"{en}{by}, {observation.period}, says '{observation.given}', which differs {en_where}.",
        "请只保留正确的一个。",
        "Keep the right one only.",
    )


def mixed_base_year(raw: RawRow, observation: Observation, usual: int, quantity: Quantity | None) -> Problem:
    """Constant prices of different years."""
    zh, en = _named(raw, quantity)
    return Problem(
        "mixed-base-year",
        observation.place,
        f"{zh}的基年是 {observation.base_year}，同一对象的其他数据是 {usual}。",
        f"{en} is at {observation.base_year} prices, the subject's others at {usual}.",
        "请统一换算为同一基年的可比价。",
        "Restate all amounts at the prices of one year.",
    )


def undeclared(raw: RawRow, name: str, subjects: Mapping[str, Subject]) -> Problem:
    """A row about a subject that nobody has declared."""
    by_name = {text: s for s in subjects.values() for text in (s.id, s.name) if text}
    near = get_close_matches(name, list(by_name), n=1, cutoff=0.5)
    parks = [s for s in subjects.values() if s.kind == "park"]
    if not near and len(parks) == 1:
        near = [parks[0].id]
    likely = by_name[near[0]] if near else None
    label = "" if likely is None else likely.id if likely.name in ("", likely.id) else f"{likely.name}（{likely.id}）"
    return Problem(
        "undeclared-subject",
        raw.place,
        f"对象“{name}”没有在对象表中声明，按另一个园区处理。",
        f"the subject '{name}' is not declared; it is taken for another park.",
        (f"是否指 {label}？" if label else "") + "请核对写法，或在对象表中补充。",
        (f"Did you mean {label}? " if label else "") + "Check its spelling, or add it to the subjects.",
        "warning",
    )
