"""Formulas over a long Parquet file agree with the exact form, row by row."""

from fractions import Fraction

import polars as pl
import pytest

import ecopark as ep
from ecopark.core.period import Period
from ecopark.core.rounding import exact
from ecopark.core.trace import Trace
from ecopark.core.value import Missing, not_given
from ecopark.errors import FormulaError, InputError
from ecopark.expr.traced import evaluate
from ecopark.workflows.evaluate_file import fit_all

FORMULAS = {
    "ok": "share >= 0.35",
    "share": "a / (a + b)",
    "least": "min(a, c) / b",
    "chosen": "c if share > 0.5 else least",
    "tight": "chosen - least > 0.1",
}


def long_rows(count=120):
    """Figures with gaps, zeros and shares exactly on the limit."""
    rows = []
    for i in range(count):
        figures = {"a": (i * 7) % 20 * 0.5, "b": 6.5 if i % 3 else 13.0, "c": round(0.1 * i, 1)}
        if i % 10 == 0:
            figures |= {"a": 3.5, "b": 6.5}  # 0.35 exactly
        rows += [(i, q, 2023, v) for q, v in figures.items() if (i + ord(q)) % 11]
    return pl.DataFrame(rows, schema=["subject", "quantity", "period", "value"], orient="row")


class Lookup:
    """One subject's figures, and formulas that refer to formulas."""

    def __init__(self, fitted, known):
        self.fitted, self.known = fitted, known

    def resolve(self, leaf, period):
        if leaf.name in self.fitted:
            return evaluate(self.fitted[leaf.name], self, period)
        return Trace("observation", leaf.name, self.known.get(leaf.name, not_given(leaf.name, period)))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "facts.parquet"
    long_rows().write_parquet(path)
    return path


def test_every_row_agrees_with_the_exact_form(source, tmp_path):
    target = ep.evaluate_file(source, FORMULAS, tmp_path / "out.parquet")
    rows = pl.read_parquet(target)
    assert rows["subject"].n_unique() == len(rows) == long_rows()["subject"].n_unique()
    assert [c for c in rows.columns if not c.startswith("near_")] == ["subject", "period", *FORMULAS]
    fitted, facts = fit_all(FORMULAS), {}
    for subject, quantity, _, value in long_rows().iter_rows():
        facts.setdefault(subject, {})[quantity] = exact(value)
    seen = set()
    for row in rows.iter_rows(named=True):
        lookup = Lookup(fitted, facts[row["subject"]])
        for name in FORMULAS:
            truth = evaluate(fitted[name], lookup, Period(2023)).value
            if row.get(f"near_{name}"):
                continue
            if isinstance(truth, Missing):
                assert row[name] is None
            elif isinstance(truth, bool):
                assert row[name] is truth
                seen.add((name, truth))
            else:
                assert isinstance(truth, Fraction)
                assert row[name] == pytest.approx(float(truth), rel=1e-12)
    assert {("ok", True), ("ok", False), ("tight", True), ("tight", False)} <= seen


def test_units_are_checked_where_they_are_given(source, tmp_path):
    target = ep.evaluate_file(source, {"sum": "a + b"}, tmp_path / "out.parquet", units={"a": "t", "b": "kg"})
    given = long_rows().pivot("quantity", index="subject", values="value")
    table = pl.read_parquet(target).join(given, on="subject").drop_nulls()
    assert table["sum"].to_list() == pytest.approx((table["a"] + table["b"] / 1000).to_list())
    with pytest.raises(FormulaError, match="kWh"):
        ep.evaluate_file(source, {"sum": "a + b"}, tmp_path / "no.parquet", units={"a": "t", "b": "kWh"})
    with pytest.raises(FormulaError, match="no unit is given for 'b'"):
        ep.evaluate_file(source, {"sum": "a + b"}, tmp_path / "no.parquet", units={"a": "t"})
    assert not (tmp_path / "no.parquet").exists()


@pytest.mark.parametrize(
    ("formulas", "message"),
    [
        ({"x": "y + a", "y": "x / b"}, "refer to each other: x, y"),
        ({"x": "growth(a)"}, "other years"),
        ({"a": "b / c", "x": "b", "b": "c"}, None),
        ({"subject": "a / b"}, "called like a column: subject"),
    ],
)
def test_formulas_that_cannot_be_are_refused(source, tmp_path, formulas, message):
    if message is None:  # a formula takes the place of a quantity of the same name
        assert pl.read_parquet(ep.evaluate_file(source, formulas, tmp_path / "out.parquet")).width == 5
        return
    with pytest.raises(FormulaError, match=message):
        ep.evaluate_file(source, formulas, tmp_path / "out.parquet")


def test_a_wrong_file_leaves_nothing_behind(source, tmp_path):
    with pytest.raises(InputError) as raised:
        ep.evaluate_file(source, {"x": "a / bb"}, tmp_path / "out.parquet")
    assert [p.code for p in raised.value.problems] == ["unknown-quantity"]
    assert "'b'" in raised.value.problems[0].message()
    twice = pl.concat([long_rows(), long_rows().with_columns(pl.col("value") + 1)])
    twice.write_parquet(source)
    with pytest.raises(InputError) as raised:
        ep.evaluate_file(source, {"x": "a / b"}, tmp_path / "out.parquet")
    assert {p.code for p in raised.value.problems} == {"differing-duplicate"}
    assert [p.name for p in tmp_path.iterdir()] == ["facts.parquet"]
