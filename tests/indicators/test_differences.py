"""Figures given in two ways that contradict each other are warnings."""

from ecopark.indicators.differences import differences
from ecopark.observations.model import Subject
from ecopark.observations.reading import facts_from

WATER = "industrial_fresh_water_m3"
FIRMS = [Subject("p", "p"), Subject("a", "a", "firm", "p"), Subject("b", "b", "firm", "p")]


def found(*rows, subjects=FIRMS[:1]):
    keys = ("subject", "period", "value", "by", "quantity", "unit")
    data = [dict(zip(keys, (*row, "", WATER, "m3")[:6] if len(row) == 3 else row)) for row in rows]
    return [(p.code, p.en) for p in differences(facts_from(data, subjects, checks=False))]


def codes(*rows, **kwargs):
    return [code for code, _ in found(*rows, **kwargs)]


def quarters(*values):
    return [("p", f"2023-Q{n}", value) for n, value in enumerate(values, 1)]


def test_a_year_beside_its_quarters():
    assert codes(("p", "2023", "101"), *quarters("25", "25", "25", "25")) == []
    assert codes(("p", "2023", "110"), *quarters("25", "25", "25", "25")) == ["parts-differ"]


def test_quarters_that_lack_one_only_contradict_a_year_that_is_less():
    assert codes(("p", "2023", "100"), *quarters("25", "25")) == []
    assert codes(("p", "2023", "40"), *quarters("25", "25")) == ["parts-differ"]


def test_a_quarter_beside_its_months():
    months = [("p", f"2023-{m:02d}", "10") for m in (1, 2, 3)]
    assert codes(*quarters("30"), *months) == []
    (code, text), *more = found(*quarters("36"), *months)
    assert code == "parts-differ"
    assert "2023-Q1" in text
    assert more == []


def test_a_year_beside_its_breakdown():
    def row(value, by=""):
        return ("p", "2023", value, by, "electricity_in_kwh", "kWh")

    parts = [row("40", "kind=other"), row("50", "kind=green_certificate")]
    assert codes(row("100"), *parts) == []
    assert codes(row("100"), *parts, row("20", "kind=direct_nonfossil")) == ["parts-differ"]
    assert codes(row("80"), *parts) == ["parts-differ"]


def test_a_park_beside_its_firms():
    park, a, b = ("p", "2023", "100"), ("a", "2023", "60"), ("b", "2023", "39")
    assert codes(park, a, b, subjects=FIRMS) == []
    assert codes(park, a, ("b", "2023", "20"), subjects=FIRMS) == ["firms-differ"]
    assert codes(park, b, subjects=FIRMS) == []
    assert codes(park, ("a", "2023", "110"), subjects=FIRMS) == ["firms-differ"]


def test_a_park_beside_its_firms_code_by_code_and_month_by_month():
    def row(subject, value, by, period="2023"):
        return (subject, period, value, by, "fuel_consumption", "t")

    firm = [row("b", "1", "fuel=coke", f"2023-Q{q}") for q in range(1, 5)]
    rows = [row("p", "10", "fuel=diesel"), row("p", "4", "fuel=coke"), row("a", "10", "fuel=diesel")]
    assert codes(*rows, *firm, subjects=FIRMS) == []
    (code, text), *more = found(*rows, *firm, row("b", "3", "fuel=diesel"), subjects=FIRMS)
    assert code == "firms-differ"
    assert "[fuel=diesel]" in text
    assert "2 of 2" in text
    assert more == []
