"""Quantities given by code, for one subject: parts, totals, amounts times factors, amounts held against caps.

The rows are the subject's own where it gave any; else those of its firms, added up code by code once every firm active in the
period has given its list (`indicators.rollup`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.core.trace import Trace
from ecopark.core.unit import unit
from ecopark.core.value import Missing, not_given
from ecopark.errors import FormulaError, UnitError
from ecopark.indicators.factors import Factors, amount_unit
from ecopark.indicators.one_year import Figure, code_figures, code_sum, holes, part_figures
from ecopark.indicators.rollup import FirmCodes, FirmSum, RollUp
from ecopark.indicators.steps import absent, coded, figure_step, firm_step, partly, total_of
from ecopark.observations.meaning import Meanings
from ecopark.observations.model import Facts
from ecopark.observations.quantity import Quantity, catalogue

Rows = tuple[list[tuple[str, Trace]], Missing | None]
"""Breakdown and step of each row, and what is missing of the list as a whole."""


class Breakdowns:
    """The breakdowns of one subject.

    Parameters
    ----------
    facts, subject, factors, rollup
        As of the lookup they serve.
    noted
        Called with every figure of the subject's own that was looked up, and what its firms say of it.
    """

    def __init__(
        self, facts: Facts, subject: str, factors: Factors, rollup: RollUp,
        noted: Callable[[Quantity, Period, str, Figure, FirmSum | None], None],
    ) -> None:  # fmt: skip
        self.facts, self.subject, self.factors, self.rollup = facts, subject, factors, rollup
        self._noted = noted
        self._own: dict[tuple[str, Period], dict[str, Figure]] = {}

    def own(self, quantity: Quantity, period: Period) -> dict[str, Figure]:
        """What the subject itself gave, by code."""
        key = (quantity.id, period)
        if key not in self._own:
            found = self._own[key] = code_figures(self.facts, self.subject, quantity, period)
            firms = self.rollup.codes(self.subject, quantity.id, period) if found else None
            for by, figure in found.items():
                self._noted(quantity, period, by, figure, firms.part(by) if firms else None)
        return self._own[key]

    def part(self, quantity: Quantity, by: str, period: Period) -> Trace:
        """One breakdown value."""
        own = self.own(quantity, period)
        if not own:
            firms = self.rollup.codes(self.subject, quantity.id, period)
            return absent(quantity, period, by) if firms is None else self._of_firms(firms, by, period)
        found = part_figures(quantity, own, by)
        if found is None:
            return absent(quantity, period, by)
        steps = tuple(figure_step(quantity, f, period, f.rows[0].by) for f in found)
        if len(steps) == 1:
            return steps[0]
        note = Text() if steps else Text("清单中未列，计为 0", "not on the list that was given: zero")
        unit_text = steps[0].unit if steps else Meanings(catalogue()).canonical_unit(quantity, by)
        return Trace(
            "rollup", coded(quantity.id, by), total_of(steps), unit_text, quantity.label, str(period), steps, note=note
        )

    def own_total(self, quantity: Quantity, period: Period) -> Trace | None:
        """The sum of what the subject itself gave by code; None where it gave nothing."""
        own = self.own(quantity, period)
        if code_sum(quantity, own) is None:
            return None
        rows, missing = self._own_rows(quantity, own, period)
        return self._added(quantity, rows, missing, period, Text("分项之和", "sum of the breakdown"))

    def total(self, quantity: Quantity, period: Period) -> Trace:
        """The sum of all codes, the subject's own or its firms'."""
        rows, missing = self.rows(quantity, period)
        if not rows:
            return absent(quantity, period)
        return self._added(quantity, rows, missing, period, Text("分项之和", "sum of the breakdown"))

    def _added(
        self, quantity: Quantity, rows: list[tuple[str, Trace]], missing: Missing | None, period: Period, note: Text
    ) -> Trace:
        steps = tuple(step for _, step in rows)
        value = missing or total_of(steps)
        return Trace("rollup", quantity.id, value, quantity.unit, quantity.label, str(period), steps, note=note)

    # -- rows ----------------------------------------------------------------------------------------------------------

    def rows(self, quantity: Quantity, period: Period) -> Rows:
        """The rows of a quantity, and what is missing of the list as a whole."""
        own = self.own(quantity, period)
        if own:
            return self._own_rows(quantity, own, period)
        firms = self.rollup.codes(self.subject, quantity.id, period)
        if firms is None:
            return [], not_given(quantity.id, period, quantity.label)
        rows = [(by, self._row_of_firms(firms, by, period)) for by in firms.codes()]
        if not firms.complete:
            found = FirmSum(Fraction(0), firms.reported, firms.expected)
            return rows, partly(quantity, found, period, "", "")
        return rows, _hole(quantity, firms.holes(), period)

    def _own_rows(self, quantity: Quantity, own: dict[str, Figure], period: Period) -> Rows:
        rows = [(by, figure_step(quantity, figure, period, by)) for by, figure in own.items()]
        return rows, _hole(quantity, holes(quantity, own), period)

    def _row_of_firms(self, firms: FirmCodes, by: str, period: Period) -> Trace:
        """The sum of one row over the firms that gave it; whether all gave their lists is asked of the whole."""
        found = firms.row(by)
        step = firm_step(firms.quantity, replace(found, expected=found.reported), self.facts, period, by)
        n, all_ = found.reported, f"{firms.reported}/{firms.expected}"
        note = Text(f"企业汇总：{n} 家填有此项，{all_} 家填报", f"of {n} firm(s) that give it; {all_} firms report")
        return replace(step, note=note)

    def _partial(self, quantity: Quantity, period: Period) -> bool:
        """Whether the rows are sums over some of the firms only."""
        firms = None if self.own(quantity, period) else self.rollup.codes(self.subject, quantity.id, period)
        return firms is not None and not firms.complete

    def _of_firms(self, firms: FirmCodes, by: str, period: Period) -> Trace:
        return firm_step(firms.quantity, firms.part(by), self.facts, period, by)

    # -- rows held together --------------------------------------------------------------------------------------------

    def all_within(self, quantity: Quantity, cap: Quantity, period: Period) -> Trace:
        """Whether every amount is within its cap, code by code; one beyond it decides, whatever is missing."""
        rows, missing = self.rows(quantity, period)
        limits, missing_caps = self.rows(cap, period)
        inputs: list[Trace] = []
        caps = dict(limits)
        if self._partial(cap, period) or (
            self._partial(quantity, period) and (quantity.low is None or quantity.low < 0)
        ):
            rows = []  # what some firms add up to decides nothing here
        seen_false = False
        for by, a in rows:
            b = caps.get(by)
            if b is None:
                hole = not_given(cap.id, period, cap.label, by)
                missing_caps = hole if missing_caps is None else missing_caps | hole
                inputs.append(a)
                continue
            if isinstance(a.value, Missing) or isinstance(b.value, Missing):
                for lack in (a.value, b.value):
                    if isinstance(lack, Missing) and lack.items:  # n/a is not asked for
                        missing = lack if missing is None else missing | lack
                continue
            within = a.value <= b.value  # type: ignore[operator]
            seen_false = seen_false or not within
            inputs.append(Trace("comparison", f"{by}: {quantity.id} <= {cap.id}", within, inputs=(a, b)))
        value: bool | Missing = not seen_false
        if not seen_false and (missing or missing_caps):
            value = missing | missing_caps if missing and missing_caps else missing or missing_caps  # type: ignore[assignment]
        what = f"all_within({quantity.id}, {cap.id})"
        return Trace("function", what, value, label=quantity.label, period=str(period), inputs=tuple(inputs))

    def sum_product(self, a: Quantity, b: Quantity, period: Period) -> Trace:
        """The sum over codes of two quantities multiplied."""
        rows, missing = self.rows(a, period)
        inputs = []
        for by, left in rows:
            right = self.part(b, by, period)
            inputs.append(Trace("operation", f"{by}: {a.id} * {b.id}", _product(left, right), inputs=(left, right)))
        total = missing or total_of(inputs)
        what = f"sum_product({a.id}, {b.id})"
        symbol = (unit(a.unit) * unit(b.unit)).symbol
        return Trace("function", what, total, symbol, period=str(period), inputs=tuple(inputs))

    def sum_with_factor(self, quantity: Quantity, family: str, exclude: str, period: Period) -> Trace:
        """The sum over codes of amounts times their factors, codes with `exclude` left out."""
        rows, missing = self.rows(quantity, period)
        target = amount_unit(family)
        dimension = catalogue().breakdowns[quantity.breakdowns[0]].dimension
        inputs = []
        for by, amount in rows:
            pieces = dict(p.split("=") for p in by.split(";"))
            if exclude and all(pieces.get(k) == v for k, v in (p.split("=") for p in exclude.split(";"))):
                continue
            factor = self.factors.find_code(family, pieces.get(dimension, ""), self.subject, period)
            what = f"{by}: {quantity.id} * factor('{factor.what}')"
            if isinstance(factor.value, Missing) or isinstance(amount.value, Missing):
                value: Fraction | Missing = factor.value if isinstance(factor.value, Missing) else amount.value  # type: ignore[assignment]
            else:
                try:
                    scale = (unit(amount.unit) * unit(factor.unit)).factor_to(target)
                except UnitError as error:
                    value = Missing(Text(str(error), str(error)))
                else:
                    value = amount.value * factor.value * scale  # type: ignore[operator]
            inputs.append(Trace("operation", what, value, target.symbol, inputs=(amount, factor)))
        total = missing or total_of(inputs)
        what = f"sum_with_factor({quantity.id}, '{family}')"
        return Trace("function", what, total, target.symbol, period=str(period), inputs=tuple(inputs))


def _hole(quantity: Quantity, codes: list[str], period: Period) -> Missing | None:
    """The codes of closed lists for which nothing was given."""
    found: Missing | None = None
    for piece in codes:
        hole = not_given(quantity.id, period, quantity.label, piece)
        found = hole if found is None else found | hole
    return found


def _product(a: Trace, b: Trace) -> Fraction | Missing:
    if isinstance(a.value, Missing):
        return a.value | b.value if isinstance(b.value, Missing) else a.value
    if isinstance(b.value, Missing):
        return b.value
    if isinstance(a.value, Fraction) and isinstance(b.value, Fraction):
        return a.value * b.value
    raise FormulaError(f"'{a.what}' and '{b.what}' are not both numbers")
