"""What the columns *quantity*, *unit* and *by* of a row mean together; worked out once per combination.

The value of a row is left alone here. `Meanings.of` says which quantity is meant, its canonical unit, the exact factor
from the given unit to it, the normalised breakdown, and whatever is wrong with the combination.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ecopark.core.unit import Unit, split_base_year
from ecopark.core.unit import unit as parse_unit
from ecopark.errors import Place, Problem, UnitError, did_you_mean
from ecopark.observations.numbers import clean
from ecopark.observations.quantity import Catalogue, Quantity

KnownReported = Callable[[str], str | None]
"""Canonical unit of an indicator or clause id, or None if there is no such id."""

ONE = Fraction(1)
LONGEST_UNIT = 60
BY_CODE = frozenset(["by code", "按分项", "按品种"])
"""What templates print where the code decides the unit."""
NO_UNIT = frozenset(["", "-", "/", "—", "——", "无", "无量纲", "none", "nan", "n/a"])


def unit(text: str) -> Unit:
    """The unit of a text somebody typed; texts of absurd length or power are no units."""
    if len(text) > LONGEST_UNIT or re.search(r"\^-?\d{3}", text):
        raise UnitError(f"'{text[:LONGEST_UNIT]}' is no unit")
    return parse_unit(text)


def has_multiple(text: str) -> bool:
    """Whether a unit begins with a multiple, so that 万 before it is said twice.

    Examples
    --------
    >>> [has_multiple(t) for t in ("万元", "10k CNY/person", "亿千瓦时", "千瓦时", "tce/10k CNY", "m3")]
    [True, True, True, False, False, False]
    """
    head = re.split(r"[/*·]", clean(text), maxsplit=1)[0].strip()
    return bool(_MULTIPLE.match(head)) and not _ATOM.match(head)


_MULTIPLE = re.compile(r"[十百千万萬亿億]|10+k?(?=\D)|10\^|million|billion|thousand|mn\b|bn\b", re.IGNORECASE)
_ATOM = re.compile(r"千(?:克|瓦|米|焦|卡|伏)|百分|10+\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that has no place yet.

    Parameters
    ----------
    about
        Column it is about: ``quantity``, ``unit`` or ``by``.
    """

    code: str
    zh: str
    en: str
    repair_zh: str = ""
    repair_en: str = ""
    severity: str = "error"
    about: str = "unit"

    def at(self, place: Place) -> Problem:
        """The problem at one place."""
        return Problem(self.code, place, self.zh, self.en, self.repair_zh, self.repair_en, self.severity)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a combination of quantity, unit and breakdown means.

    Parameters
    ----------
    id
        Canonical id, or the indicator, clause or ``factor.`` id of a reported rate.
    quantity
        The catalogue's entry; None for a reported rate.
    kind
        ``number``, ``flag``, ``code``, ``text`` or ``reported``.
    unit
        Canonical unit text (for a reported rate: the unit given).
    factor
        Multiply the typed number by this to get the canonical unit.
    given_unit
        Unit text as typed, without base year.
    base_year
        Base year typed with the unit.
    by
        Normalised breakdown.
    errors, warnings
        What is wrong with the combination.
    """

    id: str
    quantity: Quantity | None = None
    kind: str = "number"
    unit: str = ""
    factor: Fraction = ONE
    given_unit: str = ""
    base_year: int | None = None
    by: str = ""
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


class Meanings:
    """Looks combinations up and remembers them.

    Parameters
    ----------
    catalogue
        The quantities that are known.
    known_reported
        Says whether an indicator or clause id exists and in which unit; without it every such id is accepted.
    """

    def __init__(self, catalogue: Catalogue, known_reported: KnownReported | None = None) -> None:
        self.catalogue = catalogue
        self.known_reported = known_reported
        self._seen: dict[tuple[str, str, str], Meaning] = {}

    def of(self, quantity: str, unit_text: str, by: str) -> Meaning:
        """The meaning of one combination."""
        key = (quantity, unit_text, by)
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._work_out(*key)
        return found

    def find(self, name: str) -> Quantity | None:
        """The quantity with this id, alias or (unique) label."""
        return self.catalogue.named(name)

    def _work_out(self, name: str, unit_text: str, by: str) -> Meaning:
        name, unit_text, by = name.strip(), unit_text.strip(), by.strip()
        if not name:
            return Meaning("", errors=(_QUANTITY_MISSING,))
        quantity = self.find(name)
        if quantity is None:
            known = self.known_reported
            if "." in name or "/" in name or (known is not None and known(name) is not None):
                return self._reported(name, unit_text, by)
            return Meaning(name, errors=(self._unknown(name),))
        if not quantity.is_number or _is_text(quantity):
            return self._not_a_number(quantity, unit_text, by)
        return self._number(quantity, unit_text, by)

    def _unknown(self, name: str) -> Finding:
        near = did_you_mean(name, self.catalogue.names)
        near_zh = did_you_mean(name, self.catalogue.names, lang="zh")
        if not near and (alike := self.catalogue.like(name)[:3]):
            near = f"Did you mean {' or '.join(q.en for q in alike)}?"
            near_zh = f"是否指 {' 或 '.join(q.zh for q in alike)}？"
        return Finding(
            "unknown-quantity",
            f"没有数据项“{name}”。",
            f"unknown quantity '{name}'.",
            f"{near_zh}可用 ecopark quantities --like 查询。" if near_zh else "可用 ecopark quantities --like 查询。",
            f"{near} See: ecopark quantities --like WORD".strip(),
            about="quantity",
        )

    def _reported(self, name: str, unit_text: str, by: str) -> Meaning:
        text = "" if unit_text.lower() in NO_UNIT else unit_text
        errors: list[Finding] = []
        warnings: list[Finding] = []
        canonical: str | None = None
        if not name.startswith("factor.") and self.known_reported is not None:
            canonical = self.known_reported(name)
            if canonical is None:
                errors.append(
                    Finding(
                        "unknown-quantity",
                        f"没有编码为“{name}”的数据项、指标或条款。",
                        f"'{name}' is no quantity, indicator or clause.",
                        "请用 ecopark packs show 查看条款编码。",
                        "See: ecopark packs show ID",
                        about="quantity",
                    )
                )
        if by:
            errors.append(_no_breakdown(f"“{name}”", name, by))
        if text:
            try:
                given = unit(text)
                if canonical is not None:
                    given.factor_to(unit(canonical))
            except UnitError as error:
                errors.append(_unit_finding(text, f"“{name}”", name, canonical or "", error))
        elif name.startswith("factor."):
            errors.append(
                Finding(
                    "unknown-unit",
                    f"实测系数“{name}”没有单位。",
                    f"the factor '{name}' has no unit.",
                    "请填写单位。",
                    "Give its unit.",
                )
            )
        elif canonical not in (None, "", "1"):
            text = canonical or ""
            warnings.append(_assumed(f"“{name}”", name, text))
        return Meaning(name, None, "reported", text or "1", ONE, text, None, "", tuple(errors), tuple(warnings))

    def _not_a_number(self, quantity: Quantity, unit_text: str, by: str) -> Meaning:
        kind = "flag" if quantity.kind == "flag" else "code" if quantity.codes else "text"
        errors = [_no_breakdown(quantity.zh, quantity.en, by)] if by and not quantity.breakdowns else []
        clean_by = ""
        if by and quantity.breakdowns:
            clean_by, errors = self.normalise_by(quantity, by)
        warnings = []
        if unit_text.lower() not in NO_UNIT and unit_text not in ("1", "是/否"):
            warnings.append(
                Finding(
                    "unit-not-expected",
                    f"{quantity.zh}没有单位，所填“{unit_text}”未采用。",
                    f"{quantity.en} has no unit; '{unit_text}' was not used.",
                    severity="warning",
                )
            )
        return Meaning(quantity.id, quantity, kind, by=clean_by, errors=tuple(errors), warnings=tuple(warnings))

    def _number(self, quantity: Quantity, unit_text: str, by: str) -> Meaning:
        errors: list[Finding] = []
        warnings: list[Finding] = []
        clean_by = ""
        if by:
            clean_by, errors = self.normalise_by(quantity, by)
        canonical = self.canonical_unit(quantity, clean_by)
        if canonical == "by code" and clean_by and not errors and not self._units_of_codes(quantity):
            return self._as_typed(quantity, unit_text, clean_by)
        if unit_text.lower() in BY_CODE:
            unit_text = "" if canonical == "by code" else canonical
        if canonical == "by code":
            if not errors:
                errors.append(
                    Finding(
                        "missing-by",
                        f"{quantity.zh}须按分项填报（“分项”列）。",
                        f"{quantity.en} must be given by code (column 'by').",
                        f"例如 {self._example_by(quantity)}。",
                        f"E.g. {self._example_by(quantity)}.",
                        about="by",
                    )
                )
            return Meaning(quantity.id, quantity, by=clean_by, errors=tuple(errors))
        text, base_year = "", None
        if unit_text.lower() not in NO_UNIT:
            try:
                text, base_year = split_base_year(unit_text)
            except UnitError as error:
                errors.append(_unit_finding(unit_text, quantity.zh, quantity.en, canonical, error, quantity))
        if base_year is not None and not quantity.constant_price:
            errors.append(
                Finding(
                    "base-year-not-expected",
                    f"{quantity.zh}不是可比价数据项，单位“{unit_text}”却带基年 {base_year}。",
                    f"{quantity.en} is not at constant prices, but its unit '{unit_text}' carries a base year.",
                    "请删去基年，或改填对应的可比价数据项。",
                    "Remove the base year, or use the constant-price quantity.",
                )
            )
        factor = ONE
        if text:
            try:
                factor = unit(text).factor_to(unit(canonical))
            except UnitError as error:
                errors.append(_unit_finding(unit_text, quantity.zh, quantity.en, canonical, error, quantity))
        elif canonical not in ("", "1") and quantity.kind != "count" and not errors:
            warnings.append(_assumed(quantity.zh, quantity.en, canonical))
        return Meaning(
            quantity.id,
            quantity,
            "number",
            canonical,
            factor,
            text,
            base_year,
            clean_by,
            tuple(errors),
            tuple(warnings),
        )

    def _as_typed(self, quantity: Quantity, unit_text: str, by: str) -> Meaning:
        """A number whose code (a product) has no unit of its own: the unit that is typed stands."""
        zh, en = f"{quantity.zh}没有填写单位。", f"{quantity.en} has no unit."
        if unit_text.lower() not in NO_UNIT | BY_CODE:
            try:
                return Meaning(quantity.id, quantity, "number", unit(unit_text).symbol, ONE, unit_text, None, by)
            except UnitError as error:
                zh, en = (
                    f"无法识别单位“{unit_text}”（{quantity.zh}）。",
                    f"unknown unit '{unit_text}' for {quantity.en}. {error}",
                )
        wrong = Finding("unknown-unit", zh, en, "请填写单位，例如 kgce/t。", "Give its unit, e.g. kgce/t.")
        return Meaning(quantity.id, quantity, by=by, errors=(wrong,))

    def _units_of_codes(self, quantity: Quantity) -> bool:
        """Whether the codes of a quantity decide its unit (fuels), or leave it to whoever types it (products)."""
        return any(code.unit for name in quantity.breakdowns for code in self.catalogue.breakdowns[name].codes)

    def canonical_unit(self, quantity: Quantity, by: str) -> str:
        """The canonical unit of a quantity for one (normalised) breakdown; ``by code`` while no code decides it."""
        if "by code" not in quantity.unit:
            return quantity.unit
        codes = dict(part.split("=", 1) for part in by.split(";") if "=" in part)
        for list_id in quantity.breakdowns:
            breakdown = self.catalogue.breakdowns[list_id]
            code = breakdown.find(codes.get(breakdown.dimension, ""))
            if code is not None and code.unit:
                return quantity.unit.replace("by code", code.unit)
        return "by code"

    def _example_by(self, quantity: Quantity) -> str:
        parts = []
        for list_id in quantity.breakdowns:
            breakdown = self.catalogue.breakdowns[list_id]
            if breakdown.codes:
                parts.append(f"{breakdown.dimension}={breakdown.codes[0].id}")
        return ";".join(sorted(parts))

    def normalise_by(self, quantity: Quantity, by: str) -> tuple[str, list[Finding]]:
        """The breakdown text with code ids and sorted keys, and what is wrong with it.

        ``use=combustion; fuel=柴油`` becomes ``fuel=diesel;use=combustion``; a bare code is accepted where only one
        list of the quantity has it.
        """
        if not quantity.breakdowns:
            return "", [_no_breakdown(quantity.zh, quantity.en, by)]
        lists = [self.catalogue.breakdowns[list_id] for list_id in quantity.breakdowns]
        chosen: dict[str, str] = {}
        errors: list[Finding] = []
        for part in clean(by).replace("；", ";").split(";"):
            if not part.strip():
                continue
            key, sign, word = part.partition("=")
            key, word = (key.strip(), word.strip()) if sign else ("", key.strip())
            names = [b for b in lists if not sign or key.lower() in (b.dimension, b.id, b.label.zh, b.label.en.lower())]
            hits = [(b, code) for b in names if (code := b.find(word)) is not None]
            if len(hits) == 1 and hits[0][0].dimension not in chosen:
                chosen[hits[0][0].dimension] = hits[0][1].id
                continue
            known = [c.id for b in (names or lists) for c in b.codes]
            keys = ", ".join(b.dimension for b in lists)
            near = did_you_mean(word, known)
            errors.append(
                Finding(
                    "bad-by",
                    f"{quantity.zh}的分项“{part.strip()}”无法识别。",
                    f"'{part.strip()}' is no breakdown of {quantity.en}.",
                    f"分项键：{keys}；编码：{', '.join(known[:12])}{' …' if len(known) > 12 else ''}。",
                    f"{near} Keys: {keys}; codes: {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}.".strip(),
                    about="by",
                )
            )
        return ";".join(f"{key}={chosen[key]}" for key in sorted(chosen)), errors


_QUANTITY_MISSING = Finding(
    "missing-quantity",
    "有数值，但没有填写数据项编码。",
    "there is a value but no quantity.",
    "请在“数据项”列填写编码。",
    "Give the id in the quantity column.",
    about="quantity",
)


def _is_text(quantity: Quantity) -> bool:
    return quantity.kind == "attribute" and not quantity.codes and not quantity.unit


def _no_breakdown(zh: str, en: str, by: str) -> Finding:
    return Finding(
        "bad-by",
        f"{zh}不分项，却填了分项“{by}”。",
        f"{en} has no breakdown, but 'by' says '{by}'.",
        "请清空“分项”列。",
        "Clear the column 'by'.",
        about="by",
    )


def _assumed(zh: str, en: str, canonical: str) -> Finding:
    return Finding(
        "unit-assumed",
        f"{zh}没有填单位，按“{canonical}”读取。",
        f"{en} has no unit; read as {canonical}.",
        "请补填单位。",
        "Give the unit.",
        "warning",
    )


def _unit_finding(
    text: str, zh: str, en: str, canonical: str, error: UnitError, quantity: Quantity | None = None
) -> Finding:
    """An unknown unit, or one that does not fit, quoted as typed."""
    try:
        given = unit(split_base_year(text)[0])
    except UnitError:
        return Finding(
            "unknown-unit",
            f"无法识别单位“{text}”（{zh}）。",
            f"unknown unit '{text}' for {en}. {error}",
            f"应为可换算成“{canonical}”的单位。" if canonical else "",
            f"Expected a unit that converts to {canonical}." if canonical else "",
        )
    repair_zh, repair_en = "请核对单位，或改填对应的数据项。", "Check the unit, or use the quantity that has this unit."
    if given.dims == _TONNE and canonical == "m3" and quantity is not None and "water" in quantity.id:
        volume = "万立方米" if given.scale == 10_000 else "立方米"
        repair_zh = f"水请写 {volume}（1 吨水即 1 立方米）。"
        repair_en = f"Write water as {volume} (a tonne of water is a cubic metre)."
    return Finding(
        "incompatible-unit",
        f"单位“{text}”不能换算成{zh}的单位“{canonical}”。",
        f"the unit '{text}' does not convert to {canonical}, the unit of {en}.",
        repair_zh,
        repair_en,
    )


_TONNE = parse_unit("t").dims
