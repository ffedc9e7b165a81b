"""Accounts and replacement ratios before any database."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecopark.admission.ledger import ITEMS, Account, LedgerError, ReplacementRatios
from ecopark.core.unit import unit
from ecopark.errors import InputError


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_has_a_unit_and_both_names(item):
    label, usual = ITEMS[item]
    assert label.zh and label.en
    assert Account(item, 2026, "park").unit == unit(usual).symbol


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("enrgy", 2026, "park"), "ledger-unknown-item", "energy"),
        (("", 2026, "park"), "ledger-unknown-item", "energy"),
        (("local.", 2026, "park", "t"), "ledger-unknown-item", ""),
        (("local.a/b", 2026, "park", "t"), "ledger-unknown-item", ""),
        (("local.dioxin", 2026, "park"), "ledger-unit", "needs a unit"),
        (("energy", 2026, "park", "t"), "ledger-unit", "does not measure"),
        (("energy", 2026, "park", "tec/x"), "ledger-unit", ""),
        (("energy", "2026", "park"), "ledger-year", ""),
        (("energy", 26, "park"), "ledger-year", ""),
        (("energy", 2026, " "), "ledger-text-missing", ""),
        (("energy", 2026, "park", "tce", 13), "ledger-places", ""),
    ],
)
def test_an_account_that_cannot_be_says_why(arguments, code, says):
    with pytest.raises(LedgerError) as caught:
        Account(*arguments)
    assert caught.value.code == code
    assert says in str(caught.value)


def test_a_park_may_have_an_item_of_its_own():
    assert Account("local.dioxin", 2026, "park", "毫克").unit == "mg"


def test_an_amount_in_another_unit_is_exact_or_refused():
    energy = Account("energy", 2026, "park", places=3)
    assert energy.amount("1.2", "10k tce") == 12000
    assert energy.amount("5", "kgce") == Decimal("0.005")
    for number, unit_text in (("0.5", "kgce"), ("1", "kWh")):
        with pytest.raises(LedgerError):
            energy.amount(number, unit_text)
    assert Account("land", 2026, "park").amount(1000, "m2") == Decimal("1.5")
    with pytest.raises(LedgerError):
        Account("land", 2026, "park", "m2").amount(1, "mu")  # 2000/3 m2


def ratio(**more):
    return {
        "items": ["cod"],
        "from": 2026,
        "to": 2027,
        "ratio": "2",
        "source": "notice 12",
        "verified_by": "Li",
        **more,
    }


def test_the_ratio_of_the_place_comes_before_that_of_everywhere():
    ratios = ReplacementRatios.read([ratio(), ratio(places=["river"], ratio="1.5")])
    assert ratios.required(Account("cod", 2026, "river"), "10") == 15
    assert ratios.required(Account("cod", 2027, "park"), "10") == 20
    for account in (Account("cod", 2028, "park"), Account("nox", 2026, "park")):
        with pytest.raises(LedgerError) as caught:
            ratios.find(account)
        assert caught.value.code == "ledger-ratio-none"


@pytest.mark.parametrize("lacking", ["source", "verified_by"])
def test_a_ratio_nobody_has_verified_is_never_used(lacking):
    row = ratio()
    del row[lacking]
    ratios = ReplacementRatios.read([row])
    with pytest.raises(LedgerError) as caught:
        ratios.find(Account("cod", 2026, "park"))
    assert caught.value.code == "ledger-ratio-unverified"


def test_there_are_no_ratios_unless_somebody_configures_them():
    with pytest.raises(LedgerError):
        ReplacementRatios().required(Account("cod", 2026, "park"), 1)


def test_all_that_is_wrong_with_the_ratios_is_said_together():
    rows = [
        ratio(items=["codd"]),
        ratio(ratio=1.5),
        ratio(to=2025),
        ratio(items=[]),
        ratio(verifed_by="Li"),
        "text",
        ratio(),
        ratio(ratio="3"),
    ]
    with pytest.raises(InputError) as caught:
        ReplacementRatios.read(rows, "park.toml")
    codes = [p.code for p in caught.value.problems]
    assert codes == ["ledger-ratio", "ledger-amount-float", *["ledger-ratio"] * 4, "ledger-ratio-twice"]
    assert "row 1" in str(caught.value.problems[0].place)
