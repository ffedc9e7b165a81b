"""The gate asks the ledger, books in it, and a decision's reservations are settled together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ecopark.admission import bookings
from ecopark.admission.ledger import Account, Ledger, NotEnough
from ecopark.admission.register import Register
from ecopark.errors import InputError
from ecopark.workflows.admit_project import admit, book_and_record
from ecopark.workflows.book_quotas import LedgerAddress, end_of, ledger_address
from tests.admission.samples import ON, project, small_park

DAY = datetime(2026, 11, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
ADMISSIBLE = {"energy_total_tce": 700, "land_area_mu": 36}
ROOM = {"energy": "5000", "cod": "10", "nox": "10"}


def with_ledger(park, room=ROOM, unit=""):
    with Ledger.at(park / "ledger.sqlite") as ledger:
        for item, amount in room.items():
            account = ledger.open(Account(item, 2026, "park", unit if item == "energy" else ""), by="Li", at=DAY)
            ledger.allocate(account, amount, by="Li", at=DAY)
    return park


def books(park):
    return Ledger.at(park / "ledger.sqlite", create=False)


@pytest.fixture
def park(tmp_path):
    return with_ledger(small_park(tmp_path / "park"))


def decide(park, **rest):
    return admit(project(ADMISSIBLE, parcel="A", **rest), "invented-park", park=park, on=ON)


def test_balances_come_from_the_ledger_at_the_end_of_the_day(park):
    found = decide(park)
    assert found.quotas == {("energy", 2026): 5000, ("cod", 2026): 10, ("nox", 2026): 10}
    assert found.finding("energy_quota").status == "met"
    with books(park) as ledger:
        held = ledger.reserve("energy/2026/park", "4500", until=NOW, project="P", by="Li", at=DAY)
    assert decide(park).finding("energy_quota").status == "met", "the reservation ends on that day"
    before = admit(project(ADMISSIBLE, parcel="A"), "invented-park", park=park, on="2026-11-20")
    assert before.finding("energy_quota").status == "not_met" and held.ref


def test_a_quota_without_an_account_is_unknown_and_not_zero(tmp_path):
    park = with_ledger(small_park(tmp_path), {"energy": "5000"})
    found = decide(park)
    assert found.finding("cod_quota").status == "condition"
    assert set(found.quotas) == {("energy", 2026)}


def test_an_account_in_another_unit_is_converted(tmp_path):
    park = with_ledger(small_park(tmp_path), {"energy": "699999"}, unit="kgce")
    assert decide(park).finding("energy_quota").status == "not_met"
    assert decide(park).quotas["energy", 2026] * 1000 == 699999


def test_the_ledger_wins_over_the_file_and_says_so(park):
    (park / "policy").mkdir()
    (park / "policy" / "quotas.yaml").write_text("- {quota: energy, year: 2026, left: 1}\n", encoding="utf-8")
    found = decide(park)
    assert found.quotas["energy", 2026] == 5000
    assert [w.code for w in found.warnings] == ["quotas-not-used"]


def test_park_toml_may_name_the_ledger(park, tmp_path):
    (park / "ledger.sqlite").rename(park / "books.sqlite")
    (park / "park.toml").write_text('[admission]\nledger = "books.sqlite"\nledger_place = "park"\n', encoding="utf-8")
    assert ledger_address(park) == LedgerAddress(park / "books.sqlite", "park")
    assert decide(park).quotas["energy", 2026] == 5000
    (park / "park.toml").write_text("[admission]\nledgers = 'x'\nledger = 3\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        decide(park)
    assert [p.code for p in caught.value.problems] == ["unknown-setting"] * 2


def test_booking_takes_all_or_nothing_under_the_id_of_the_decision(park):
    found = decide(park)
    kept = book_and_record(found, ledger_address(park), park, until=LATER, by="甲", at=NOW)
    name = bookings.decision_id(found)
    assert [e.ref for e in kept.booked] == [f"{name}/energy/2026", f"{name}/cod/2026", f"{name}/nox/2026"]
    cod = kept.booked[1]
    assert (cod.amount, cod.new_amount, cod.ratio) == (3, Decimal("1.5"), 2), "the replacement ratio stays visible"
    assert kept.entry.data["reservations"] == [e.ref for e in kept.booked]
    assert kept.entry.data["quotas"][1] == {"quota": "energy", "year": 2026, "left": "5000"}
    with books(park) as ledger:
        assert ledger.balance("energy/2026/park", at=NOW).free == 4300
        with pytest.raises(InputError) as caught:
            bookings.reserve(ledger, found, until=LATER, by="甲", at=NOW)
        assert caught.value.problems[0].code == "booking-exists"
        bookings.confirm(ledger, name, by="乙", at=NOW)
        assert ledger.balance("energy/2026/park", at=NOW).confirmed == 700
        assert {r.state for r in bookings.of_decision(ledger, name, at=NOW)} == {"confirmed"}
        assert ledger.audit() == ()
    assert Register(park).reproduce(1)[1] == (), "the ledger of today plays no part"


def test_nothing_is_booked_or_kept_where_one_quota_is_short(park):
    found = decide(park)
    with books(park) as ledger:
        ledger.reserve("nox/2026/park", "9.8", until=LATER, project="Q", by="Li", at=NOW)
    with pytest.raises(NotEnough):
        book_and_record(found, ledger_address(park), park, until=LATER, by="甲", at=NOW)
    with books(park) as ledger:
        assert ledger.balance("energy/2026/park", at=NOW).free == 5000
    assert not (park / "register").exists()


def test_released_together_and_booked_again(park):
    found = decide(park)
    name = bookings.decision_id(found)
    with books(park) as ledger:
        first = bookings.reserve(ledger, found, until=LATER, by="甲", at=NOW)
        bookings.release(ledger, name, by="甲", at=NOW, note="withdrawn")
        assert ledger.balance("energy/2026/park", at=NOW).free == 5000
        again = bookings.reserve(ledger, found, until=LATER, by="甲", at=NOW)
        assert [e.ref for e in again] == [f"{e.ref}/2" for e in first]
        ledger.release(again[2].ref, by="甲", at=NOW)
        with pytest.raises(InputError):
            bookings.confirm(ledger, name, by="甲", at=NOW)
        assert ledger.balance("energy/2026/park", at=NOW).confirmed == 0, "all of them or none"
        after = LATER + timedelta(seconds=1)
        assert ledger.balance("energy/2026/park", at=after).free == 5000, "expired"
        with pytest.raises(InputError) as caught:
            bookings.release(ledger, "D-none", by="甲", at=NOW)
        assert caught.value.problems[0].code == "booking-unknown"


def test_only_what_is_admitted_is_booked_and_every_account_is_needed(park, tmp_path):
    refused = admit(project(parcel="A"), "invented-park", park=park, on=ON)
    with books(park) as ledger, pytest.raises(InputError) as caught:
        bookings.reserve(ledger, refused, until=LATER, by="甲", at=NOW)
    assert caught.value.problems[0].code == "booking-refused"
    other = with_ledger(small_park(tmp_path / "other"), {"energy": "5000"})
    with books(other) as ledger, pytest.raises(InputError) as caught:
        bookings.reserve(ledger, decide(other), until=LATER, by="甲", at=NOW)
    assert [p.place.file for p in caught.value.problems] == ["cod/2026/park", "nox/2026/park"]


def test_what_does_not_fit_the_account_is_rounded_up(park):
    found = admit(
        project({**ADMISSIBLE, "energy_total_tce": "699.12345678"}, parcel="A"), "invented-park", park=park, on=ON
    )
    with books(park) as ledger:
        made = bookings.reserve(ledger, found, until=LATER, by="甲", at=NOW)
    assert made[0].amount == Decimal("699.123457")


def test_a_register_that_cannot_be_written_gives_the_reservations_back(park):
    found = decide(park)
    path = park / "map" / "parcels.geojson"
    path.write_text(path.read_text().replace('"area_mu": 60', '"area_mu": 61'), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        book_and_record(found, ledger_address(park), park, until=LATER, by="甲", at=NOW)
    assert caught.value.problems[0].code == "map-changed"
    with books(park) as ledger:
        assert ledger.balance("energy/2026/park", at=NOW).free == 5000


def test_the_day_ends_in_china():
    assert end_of(NOW.date()).astimezone(UTC) == datetime(2026, 11, 21, 15, 59, 59, 999999, tzinfo=UTC)
