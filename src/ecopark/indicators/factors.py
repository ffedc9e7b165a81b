"""Named, dated factors: tce per tonne of fuel, CO2 per kilowatt-hour.

Order: measured by the user (a fact `factor.<family>.<code>`), then fixed by the pack, then the dated table. Entries of the
table that are not of high confidence must be confirmed by the user; the trace says which one was used and of which year.

References
----------
GB/T 2589 appendix A (standard-coal coefficients); the announcements of electricity CO2 factors by the ministry of ecology
and environment and the statistics bureau. Each row of `indicators/factors/*.csv` names its own source.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from ecopark.core.period import Period
from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import Unit, unit
from ecopark.core.value import Missing, MissingItem
from ecopark.errors import FormulaError, UnitError, did_you_mean
from ecopark.observations.model import Facts, Observation

AMOUNT_RESULTS = {
    "fuel.tce": "tce",
    "fuel.co2": "tCO2",
    "fuel.co2_full_oxidation": "tCO2",
    "zcp.electricity": "tCO2",
    "zcp.heat": "tCO2",
}
"""Unit of amount times factor, by family, for `sum_with_factor`."""

DEFAULT_GRID = "national"


@dataclass(frozen=True, slots=True)
class Factor:
    """One row of the dated table. `year` None: not dated in its source."""

    family: str
    code: str
    year: int | None
    value: Fraction
    unit: str
    basis: str
    source: str
    confidence: str
    note: Text

    @property
    def id(self) -> str:
        return f"{self.family}.{self.code}" if self.code else self.family


@dataclass(frozen=True, slots=True)
class PackFactor:
    """A factor that a standard itself fixes; stronger than the dated table, weaker than the user's measurement."""

    id: str
    value: Fraction
    unit: str
    source: str = ""


@cache
def table() -> dict[str, dict[str, tuple[Factor, ...]]]:
    """Factors by family and code, each sorted by year."""
    found: dict[str, dict[str, list[Factor]]] = {}
    for path in sorted((files("ecopark.indicators") / "factors").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".csv"):
            continue
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            year = int(row["year"]) if row["year"] else None
            note = Text(row.get("note_zh") or "", row.get("note_en") or "")
            made = Factor(
                row["family"], row["code"], year, exact(row["value"]), row["unit"], row["basis"], row["source"],
                row["confidence"], note,
            )  # fmt: skip
            found.setdefault(made.family, {}).setdefault(made.code, []).append(made)
    return {
        family: {code: tuple(sorted(rows, key=lambda f: f.year or 0)) for code, rows in codes.items()}
        for family, codes in found.items()
    }


def family_unit(name: str) -> Unit:
    """Unit of a factor named in a formula.

    Raises
    ------
    FormulaError
        No such factor.
    """
    family, code = _split(name)
    rows = table()[family]
    return unit(next(iter(rows[code] if code in rows else next(iter(rows.values())))).unit)


def amount_unit(family: str) -> Unit:
    """Unit of amounts times factors of `family`.

    Raises
    ------
    FormulaError
        The family is not one by which amounts are multiplied.
    """
    if family not in AMOUNT_RESULTS:
        raise FormulaError(f"'{family}' is no factor family for sum_with_factor; there are {', '.join(AMOUNT_RESULTS)}")
    return unit(AMOUNT_RESULTS[family])


def _split(name: str) -> tuple[str, str]:
    known = table()
    if name in known:
        return name, ""
    family, _, code = name.rpartition(".")
    if family in known and code in known[family]:
        return family, code
    raise FormulaError(f"unknown factor '{name}'. {did_you_mean(name, list(known))}".strip())


class Factors:
    """Finds the factor that applies to a subject and period.

    Parameters
    ----------
    facts
        For factors that the user measured.
    pack_factors
        Factors fixed by the pack.
    settings
        ``confirm``: ids or families the user has confirmed, or ``"all"``; ``grid``: code of the grid (``national`` or a
        region or province) used for electricity; ``values``: factors the user states, by id.
    """

    def __init__(
        self, facts: Facts, pack_factors: Iterable[PackFactor], settings: Mapping[str, Any] | None = None
    ) -> None:
        self.facts = facts
        self.pack = {f.id: f for f in pack_factors}
        settings = settings or {}
        confirmed = settings.get("confirm", ())
        self.confirmed = {confirmed} if isinstance(confirmed, str) else set(confirmed)
        self.grid = str(settings.get("grid") or DEFAULT_GRID)
        self.values = settings.get("values") or {}

    def find(self, name: str, subject: str, period: Period) -> Trace:
        """The factor called `name` (a family, or family and code), as a trace in its own unit."""
        family, code = _split(name)
        if not code and "" not in table()[family] and family.startswith("grid."):
            code = self.grid
        return self.find_code(family, code, subject, period)

    def find_code(self, family: str, code: str, subject: str, period: Period) -> Trace:
        """The factor of one code of a family.

        Returns
        -------
        trace
            Its value may be `Missing`: not in the table, or not confirmed.
        """
        name = f"{family}.{code}" if code else family
        measured = self.facts.get(subject, f"factor.{name}", period)
        if measured is None and family == "fuel.co2":
            measured = self._emission_factor(subject, code, period)
        if measured is not None and isinstance(measured.value, Fraction) and not measured.not_applicable:
            return Trace(
                "factor", name, measured.value, measured.unit, period=str(measured.period), given=measured.given,
                place=measured.place, source=measured.source, note=Text("用户实测", "measured by the user"),
            )  # fmt: skip
        if name in self.values:
            return self._own(name, self.values[name], family)
        fixed = self.pack.get(name)
        if fixed is not None:
            return Trace(
                "factor",
                name,
                fixed.value,
                fixed.unit,
                source=fixed.source,
                note=Text("评价标准规定", "fixed by the standard"),
            )
        rows = table().get(family, {}).get(code, ())
        usable = [f for f in rows if f.year is None or f.year <= period.year]
        if not usable:
            reason = Text(f"缺少折算系数 {name}（{period}）", f"no factor {name} for {period}")
            return Trace("missing", name, Missing(reason, (MissingItem(f"factor.{name}", str(period)),)))
        best = usable[-1]
        if best.confidence != "high" and not self.confirmed & {best.id, family, name, "all"}:
            reason = Text(
                f"系数 {best.id}（{_year(best, 'zh')}，可信度 {best.confidence}）须经用户确认后使用",
                f"factor {best.id} ({_year(best, 'en')}, confidence {best.confidence}) must be confirmed by the user first",
            )
            item = MissingItem(f"factor.{name}", str(period))
            return Trace("missing", name, Missing(reason, (item,)), source=best.source, note=best.note)
        used_zh = f"系数表 {_year(best, 'zh')}，{best.basis}，可信度 {best.confidence}"
        used_en = f"dated table, {_year(best, 'en')}, {best.basis}, confidence {best.confidence}"
        if best.confidence != "high":
            used_zh, used_en = used_zh + "，用户已确认", used_en + ", confirmed by the user"
        return Trace("factor", best.id, best.value, best.unit, source=best.source, note=Text(used_zh, used_en))

    def _emission_factor(self, subject: str, code: str, period: Period) -> Observation | None:
        """The user's factor of a fuel: stated for the fuel, or alike for every use of it."""
        exact_row = self.facts.get(subject, "emission_factor", period, f"fuel={code}")
        if exact_row is not None:
            return exact_row
        rows = [o for o in self.facts.parts(subject, "emission_factor", period) if f"fuel={code}" in o.by.split(";")]
        return rows[0] if rows and len({o.value for o in rows}) == 1 else None

    def _own(self, name: str, given: Mapping[str, Any], family: str) -> Trace:
        """A factor that the park folder states: ``[factors.values."grid.average.national"] value, unit, source``."""
        text, target = str(given.get("unit") or ""), family_unit(family)
        note = Text("用户实测（park.toml）", "measured by the user (park.toml)")
        try:
            value = exact(str(given.get("value")))
            if text:
                value *= unit(text).factor_to(target)
        except (ValueError, UnitError) as error:
            why = Text(f"系数 {name}：{error}", f"factor {name}: {error}")
            return Trace("missing", name, Missing(why, (MissingItem(f"factor.{name}"),)))
        shown = f"{given.get('value')} {text}".strip()
        return Trace(
            "factor", name, value, target.symbol, given=shown, source=str(given.get("source") or ""), note=note
        )


def _year(factor: Factor, lang: str) -> str:
    if factor.year is None:
        return "未注明年份" if lang == "zh" else "undated"
    return f"{factor.year}年" if lang == "zh" else f"year {factor.year}"
