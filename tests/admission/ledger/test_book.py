"""What the ledger does, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ecopark.admission.ledger import Account, Booking, Ledger, LedgerError, NotEnough, Ratio, balance, open_store
from ecopark.errors import InputError

from .conftest import DAY, START

D = Decimal
WEEK = 7 * DAY


def hold(ledger, account, amount, *, until=START + WEEK, project="P-1", at=START, **more):
    return ledger.reserve(account, amount, until=until, project=project, by="Li", at=at, **more)


def refused(code, act, *args, **kwargs):
    with pytest.raises(LedgerError) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code
    assert caught.value.problem.zh
    assert caught.value.problem.en
    return caught.value


def state(ledger, account, at=START):
    b = ledger.balance(account, at=at)
    return b.limit, b.reserved, b.confirmed, b.free


# -- the acts ----------------------------------------------------------------------------------------------------------


def test_a_reservation_is_confirmed_and_the_books_say_so(ledger, energy):
    held = hold(ledger, energy, "380.5")
    assert state(ledger, energy) == (1000, D("380.5"), 0, D("619.5"))
    assert held.ref == "energy/2026/park#2"
    ledger.confirm(held.ref, by="Wang", at=START + DAY)
    assert state(ledger, energy, START + DAY) == (1000, 0, D("380.5"), D("619.5"))
    assert state(ledger, energy, START) == (1000, D("380.5"), 0, D("619.5"))
    assert [e.kind for e in ledger.history(project="P-1")] == ["reserve", "confirm"]
    assert ledger.audit() == ()


def test_what_a_project_does_not_take_is_free_again(ledger, energy):
    held = hold(ledger, energy, "500")
    ledger.confirm(held.ref, by="Li", at=START, amount="300.25")
    assert state(ledger, energy) == (1000, 0, D("300.25"), D("699.75"))
    refused("ledger-confirmed", ledger.confirm, held.ref, by="Li", at=START)


def test_more_than_was_reserved_cannot_be_confirmed(ledger, energy):
    held = hold(ledger, energy, "500")
    refused("ledger-above-reserved", ledger.confirm, held.ref, by="Li", at=START, amount="500.000001")


def test_the_last_decimal_counts(ledger, energy):
    error = refused("ledger-not-enough", hold, ledger, energy, "1000.000001")
    assert isinstance(error, NotEnough)
    assert (error.free, error.asked, error.short) == (1000, D("1000.000001"), D("0.000001"))
    hold(ledger, energy, "1000")
    refused("ledger-not-enough", hold, ledger, energy, "0.000001")


def test_amounts_beyond_the_precision_of_floats_and_of_the_decimal_context_are_exact(ledger):
    account = ledger.open(Account("water", 2026, "park", places=12), by="Li", at=START)
    big, small = "999999999999999.999999999999", "0.000000000001"
    ledger.allocate(account, big, by="Li", at=START)
    ledger.allocate(account, small, by="Li", at=START)
    assert ledger.balance(account, at=START).limit == D("1000000000000000")
    for _ in range(3):
        hold(ledger, account, small)
    assert ledger.balance(account, at=START).free == D("999999999999999.999999999997")
    assert ledger.audit() == ()


def test_an_expired_reservation_counts_for_nothing_whether_written_down_or_not(ledger, energy):
    held = hold(ledger, energy, "900", until=START + DAY)
    just_before = START + DAY - timedelta(microseconds=1)
    assert ledger.balance(energy, at=just_before).reserved == 900
    assert ledger.balance(energy, at=START + DAY).free == 1000
    assert ledger.reservation(held.ref, at=START + DAY).state == "expired"
    (written,) = ledger.expire(on=START + 2 * DAY)
    assert (written.kind, written.by, written.at) == ("release", "expiry", START + DAY)
    assert ledger.balance(energy, at=just_before).reserved == 900
    assert ledger.expire(on=START + 3 * DAY) == ()
    assert ledger.audit() == ()


def test_the_next_booking_takes_what_has_expired(ledger, energy):
    hold(ledger, energy, "900", until=START + DAY)
    refused("ledger-not-enough", hold, ledger, energy, "200")
    hold(ledger, energy, "1000", at=START + DAY, until=START + WEEK)
    assert [e.kind for e in ledger.store.entries(energy.key)] == ["allocate", "reserve", "release", "reserve"]


def test_an_expired_reservation_can_be_neither_confirmed_nor_released(ledger, energy):
    held = hold(ledger, energy, "900", until=START + DAY)
    refused("ledger-expired", ledger.confirm, held.ref, by="Li", at=START + DAY)
    refused("ledger-expired", ledger.release, held.ref, by="Li", at=START + DAY)
    ledger.expire(on=START + DAY)
    refused("ledger-expired", ledger.confirm, held.ref, by="Li", at=START + DAY)
    assert state(ledger, energy, START + DAY) == (1000, 0, 0, 1000)


def test_a_released_reservation_is_free_and_final(ledger, energy):
    held = hold(ledger, energy, "900")
    ledger.release(held.ref, by="Li", at=START)
    assert state(ledger, energy) == (1000, 0, 0, 1000)
    refused("ledger-released", ledger.release, held.ref, by="Li", at=START)
    refused("ledger-released", ledger.confirm, held.ref, by="Li", at=START)


def test_a_transfer_moves_free_quota_and_keeps_the_sum(ledger, energy):
    other = ledger.open(Account("energy", 2026, "north"), by="Li", at=START)
    hold(ledger, energy, "600")
    refused("ledger-not-enough", ledger.transfer, energy, other, "400.1", by="Li", at=START)
    out, into = ledger.transfer(energy, other, "400", by="Li", at=START + DAY)
    assert out.ref == into.ref == out.id
    assert (out.change, into.change) == ("-400", "+400")
    assert state(ledger, energy, START + DAY) == (600, 600, 0, 0)
    assert state(ledger, other, START + DAY) == (400, 0, 0, 400)
    assert ledger.audit() == ()


def test_a_transfer_stays_within_item_unit_and_year(ledger, energy):
    for account in (
        Account("energy", 2027, "park"),
        Account("co2", 2026, "park"),
        Account("energy", 2026, "kg", "kgce"),
    ):
        ledger.open(account, by="Li", at=START)
        refused("ledger-transfer", ledger.transfer, energy, account, "1", by="Li", at=START)
    refused("ledger-transfer", ledger.transfer, energy, energy, "1", by="Li", at=START)


def test_a_correction_has_a_reason_and_never_cuts_into_what_is_bound(ledger, energy):
    hold(ledger, energy, "600")
    refused("ledger-text-missing", ledger.correct, energy, "-1", reason=" ", by="Li", at=START)
    refused("ledger-not-enough", ledger.correct, energy, "-400.5", reason="typed twice", by="Li", at=START)
    entry = ledger.correct(energy, "-400", reason="typed twice", by="Li", at=START)
    assert (entry.amount, entry.note) == (-400, "typed twice")
    assert state(ledger, energy) == (600, 600, 0, 0)


def test_confirmed_quota_is_given_back_by_a_correction(ledger, energy):
    held = hold(ledger, energy, "600")
    back = {"reason": "less built than planned", "by": "Li", "at": START, "reservation": held.ref}
    refused("ledger-not-confirmed", ledger.correct, energy, "-100", **back)
    ledger.confirm(held.ref, by="Li", at=START)
    refused("ledger-above-confirmed", ledger.correct, energy, "-600.5", **back)
    ledger.correct(energy, "-100", **back)
    assert state(ledger, energy) == (1000, 0, 500, 500)
    refused("ledger-not-enough", ledger.correct, energy, "500.5", **back)
    ledger.correct(energy, "500", **back)
    assert ledger.reservation(held.ref, at=START).confirmed == 1000
    assert ledger.audit() == ()


def test_a_project_gets_everything_or_nothing(ledger, energy):
    water = ledger.open(Account("water", 2026, "park"), by="Li", at=START)
    ledger.allocate(water, 50, by="Li", at=START)
    more = {"until": START + WEEK, "project": "P-2", "by": "Li", "at": START}
    refused("ledger-not-enough", ledger.reserve_all, [Booking(energy, 10), Booking(water, 51)], **more)
    assert ledger.balance(energy, at=START).reserved == 0
    with pytest.raises(InputError) as caught:
        ledger.reserve_all([Booking(energy, 1001), Booking(water, 51)], **more)
    assert [p.code for p in caught.value.problems] == ["ledger-not-enough"] * 2
    made = ledger.reserve_all([Booking(energy, 10, "e"), Booking(water.key, 30), Booking(water, 20)], **more)
    assert [e.ref for e in made] == ["e", "water/2026/park#2", "water/2026/park#3"]
    assert ledger.balance(water, at=START).free == 0


def test_a_name_of_ones_own_cannot_book_twice(ledger, energy):
    water = ledger.open(Account("water", 2026, "park"), by="Li", at=START)
    ledger.allocate(water, 50, by="Li", at=START)
    hold(ledger, energy, 10, ref="P-1/energy")
    refused("ledger-reservation-exists", hold, ledger, energy, 10, ref="P-1/energy")
    refused("ledger-reservation-exists", hold, ledger, water, 10, ref="P-1/energy")
    more = {"until": START + WEEK, "project": "P", "by": "Li", "at": START}
    refused("ledger-reservation-exists", ledger.reserve_all, [Booking(energy, 1, "x"), Booking(water, 1, "x")], **more)
    assert ledger.balance(energy, at=START).reserved == 10


def test_a_replacement_ratio_multiplies_what_is_booked(ledger):
    cod = ledger.open(Account("cod", 2026, "river"), by="Li", at=START)
    ledger.allocate(cod, 10, by="Li", at=START)
    ratio = Ratio("cod", "river", 2026, 2026, D("1.5"), "notice 12", "Li")
    entry = hold(ledger, cod, "4.2", ratio=ratio)
    assert (entry.amount, entry.new_amount, entry.ratio) == (D("6.3"), D("4.2"), D("1.5"))
    assert ledger.store.entries(cod.key)[-1] == entry
    refused("ledger-not-enough", hold, ledger, cod, "2.5", ratio=ratio)
    refused("ledger-amount-too-fine", hold, ledger, cod, "0.000001", ratio=ratio)


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0.1, "ledger-amount-float"),
        (float("nan"), "ledger-amount-float"),
        (D("NaN"), "ledger-amount-unreadable"),
        (D("Infinity"), "ledger-amount-unreadable"),
        ("NaN", "ledger-amount-unreadable"),
        ("1e3", "ledger-amount-unreadable"),
        ("1,000", "ledger-amount-unreadable"),
        ("１０", "ledger-amount-unreadable"),
        ("", "ledger-amount-unreadable"),
        (None, "ledger-amount-unreadable"),
        (True, "ledger-amount-unreadable"),
        (0, "ledger-amount-not-positive"),
        ("-1", "ledger-amount-not-positive"),
        (D("-0"), "ledger-amount-not-positive"),
        ("0.0000001", "ledger-amount-too-fine"),
        (D("1E-999999"), "ledger-amount-too-fine"),
        (D("1E+999999"), "ledger-amount-too-large"),
        (10**15, "ledger-amount-too-large"),
    ],
)
def test_an_amount_is_an_exact_positive_decimal(ledger, energy, amount, code):
    refused(code, ledger.allocate, energy, amount, by="Li", at=START)
    refused(code, hold, ledger, energy, amount)


def test_zeros_at_the_end_are_no_decimals(ledger, energy):
    assert hold(ledger, energy, "1.50000000000").amount == D("1.5")
    assert str(ledger.store.entries(energy.key)[-1].amount) == "1.5"


def test_a_quota_of_a_past_year_can_only_be_released_or_corrected(ledger, energy):
    other = ledger.open(Account("energy", 2026, "north"), by="Li", at=START)
    late = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)  # one minute before the new year in China
    held = hold(ledger, energy, 10, at=late, until=late + WEEK)
    gone = hold(ledger, energy, 10, at=late, until=late + WEEK)
    year = late + timedelta(minutes=1)
    refused("ledger-past-year", ledger.allocate, energy, 1, by="Li", at=year)
    refused("ledger-past-year", hold, ledger, energy, 1, at=year, until=year + WEEK)
    refused("ledger-past-year", ledger.confirm, held.ref, by="Li", at=year)
    refused("ledger-past-year", ledger.transfer, energy, other, 1, by="Li", at=year)
    ledger.release(gone.ref, by="Li", at=year)
    ledger.correct(energy, -1, reason="typed wrongly", by="Li", at=year)
    assert state(ledger, energy, year) == (999, 10, 0, 989)


def test_unknown_accounts_and_reservations_are_named(ledger, energy):
    error = refused("ledger-unknown-account", ledger.allocate, "energy/2026/prak", 1, by="Li", at=START)
    assert "energy/2026/park" in error.problem.repair_en
    refused("ledger-unknown-account", ledger.balance, "energy/2025/park", at=START)
    refused("ledger-unknown-reservation", ledger.confirm, "P-9", by="Li", at=START)
    refused("ledger-unknown-reservation", ledger.release, "", by="Li", at=START)
    refused("ledger-unknown-reservation", ledger.release, "energy/2026/park#1", by="Li", at=START)
    refused("ledger-unknown-reservation", ledger.reservation, "P-9", at=START)


def test_an_account_keeps_its_unit(ledger, energy):
    assert ledger.open(Account("energy", 2026, "park"), by="Wang", at=START + DAY) == energy
    refused("ledger-account-differs", ledger.open, Account("energy", 2026, "park", "kgce"), by="Li", at=START)
    refused("ledger-unknown-account", ledger.allocate, Account("energy", 2026, "park", "kgce"), 1, by="Li", at=START)


def test_time_does_not_run_backwards_but_clocks_may_differ_a_little(ledger, energy):
    ledger.allocate(energy, 1, by="Li", at=START + DAY)
    refused("ledger-backdated", ledger.allocate, energy, 1, by="Li", at=START)
    entry = ledger.allocate(energy, 1, by="Li", at=START + DAY - timedelta(minutes=5))
    assert entry.at == START + DAY


def test_moments_have_a_time_zone_and_reservations_an_end(ledger, energy):
    refused("ledger-time", ledger.allocate, energy, 1, by="Li", at=datetime(2026, 3, 1))
    refused("ledger-time", ledger.balance, energy, at="2026-03-01")
    refused("ledger-until", hold, ledger, energy, 1, until=START)
    refused("ledger-time", hold, ledger, energy, 1, until=None)
    refused("ledger-text-missing", hold, ledger, energy, 1, project="")
    refused("ledger-text-missing", ledger.allocate, energy, 1, by="", at=START)
    refused("ledger-text", ledger.allocate, energy, 1, by="a\x00b", at=START)
    refused("ledger-ref", hold, ledger, energy, 1, ref="energy/2026/park#9")


def test_a_refused_act_writes_nothing(ledger, energy):
    hold(ledger, energy, 900, until=START + DAY)
    before = ledger.store.entries()
    refused("ledger-not-enough", hold, ledger, energy, 1001, at=START + 2 * DAY, until=START + WEEK)
    assert ledger.store.entries() == before


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_chinese_and_the_seal_come_back_from_the_database(where, ledger, energy):
    hold(ledger, energy, "12.5", project="项目甲", note="会审通过\n第二行", ref="甲-1")
    with Ledger.at(where, create=False) as again:
        assert again.store.entries() == ledger.store.entries()
        assert again.store.entries()[-1].note == "会审通过\n第二行"
        assert again.accounts() == (energy,)
        assert again.audit() == ()


COPY = (
    "INSERT INTO ledger_entry SELECT account, {seq}, kind, amount, ref, {at}, valid_until, booked_by, note, project, "
    "ratio, new_amount, {after}, seal FROM ledger_entry"
)
SAME = "limit_after, reserved_after, confirmed_after, free_after"
LONG_AGO = {"sqlite": "'2020-01-01T00:00:00.000000Z'", "postgresql": "TIMESTAMPTZ '2020-01-01'"}
FORBIDDEN = {
    "an edit": "UPDATE ledger_entry SET note = 'x'",
    "a deletion": "DELETE FROM ledger_entry",
    "an edited account": "UPDATE ledger_account SET unit = 't'",
    "a deleted account": "DELETE FROM ledger_account",
    "an emptied table": {"postgresql": "TRUNCATE ledger_entry"},
    "a replaced entry": {"sqlite": "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry"},
    "a replaced account": {"sqlite": "INSERT OR REPLACE INTO ledger_account SELECT * FROM ledger_account"},
    "an update in disguise": (
        "INSERT INTO ledger_account SELECT * FROM ledger_account WHERE true ON CONFLICT (account) DO UPDATE SET unit = 't'"
    ),
    "a gap": COPY.format(seq="seq + 5", at="booked_at", after=SAME),
    "an earlier date": {k: COPY.format(seq="seq + 1", at=v, after=SAME) for k, v in LONG_AGO.items()},
    "less than nothing free": {
        "sqlite": COPY.format(seq="seq + 1", at="booked_at", after="'0', '1', '0', '-1'"),
        "postgresql": COPY.format(seq="seq + 1", at="booked_at", after="0, 1, 0, -1"),
    },
}


@pytest.mark.parametrize("act", FORBIDDEN)
def test_the_database_itself_refuses(where, ledger, energy, act):
    kind = "sqlite" if where.endswith(".sqlite") else "postgresql"
    statement = FORBIDDEN[act]
    if isinstance(statement, dict):
        if kind not in statement:
            pytest.skip(f"{kind} has no such statement")
        statement = statement[kind]
    before = ledger.store.entries()
    refused("ledger-store", ledger.store.rows, statement)
    assert ledger.store.entries() == before


def test_the_running_totals_are_what_the_entries_say_at_every_moment(ledger, energy):
    held = [
        hold(ledger, energy, 10 * n, at=START + n * DAY, until=START + 2 * n * DAY, ref=f"r{n}") for n in range(1, 9)
    ]
    ledger.confirm("r5", by="Li", at=START + 9 * DAY)
    ledger.release("r8", by="Li", at=START + 10 * DAY)
    entries = ledger.store.entries(energy.key)
    assert len(held) == 8
    for hours in range(0, 24 * 20, 6):
        for shift in (timedelta(0), timedelta(microseconds=-1)):
            at = START + timedelta(hours=hours) + shift
            assert ledger.balance(energy, at=at) == balance(energy, entries, at)


def test_a_statement_runs_from_balance_to_balance(ledger, energy):
    held = hold(ledger, energy, 100)
    ledger.confirm(held.ref, by="Li", at=START + DAY)
    hold(ledger, energy, 50, at=START + 2 * DAY, ref="open")
    found = ledger.statement(energy, since=START + DAY, to=START + 3 * DAY)
    assert (found.before.reserved, found.before.confirmed) == (100, 0)
    assert [e.kind for e in found.entries] == ["confirm", "reserve"]
    assert (found.after.reserved, found.after.confirmed, found.after.free) == (50, 100, 850)
    assert [r.ref for r in found.waiting] == ["open"]
    assert found.to_dict()["after"]["free"] == "850"
    assert [r.ref for r in ledger.reservations(energy, at=START + 3 * DAY, state="reserved")] == ["open"]


def test_whoever_goes_around_the_ledger_is_found_out(ledger, energy):
    held = hold(ledger, energy, "600")
    ledger.confirm(held.ref, by="Li", at=START)
    store = ledger.store
    if hasattr(store, "path"):
        store.rows("DROP TRIGGER ledger_entry_no_update")
        store.rows("UPDATE ledger_entry SET amount = '60' WHERE kind = 'confirm'")
    else:
        store.rows("DROP TRIGGER ledger_entry_kept ON ledger_entry")
        store.rows("UPDATE ledger_entry SET amount = 60 WHERE kind = 'confirm'")
    assert {p.en for p in ledger.audit()} == {
        "its balance does not follow from the entries",
        "its seal does not fit: an entry was changed",
    }


def test_there_is_no_ledger_until_one_is_made(where, tmp_path):
    with pytest.raises(LedgerError) as caught:
        open_store(where, create=False)
    assert caught.value.code == "ledger-none"
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_of_a_newer_version_is_left_alone(where, ledger):
    ledger.store.rows("INSERT INTO ledger_schema (version) VALUES (2)")
    with pytest.raises(LedgerError) as caught:
        open_store(where)
    assert caught.value.code == "ledger-version"


def test_a_file_that_is_no_database_says_so(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_text("not a database, but long enough to be looked at by the library", encoding="utf-8")
    with pytest.raises(LedgerError) as caught:
        open_store(path)
    assert "not a database" in caught.value.problem.en


def test_a_server_that_is_not_there_says_so(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerError) as caught:
        open_store(f"postgresql://li:secret@/none?host={tmp_path}")
    assert caught.value.code == "ledger-store"
    assert "secret" not in str(caught.value)


def test_threads_may_share_a_ledger(ledger, energy):
    errors = []

    def book(n):
        try:
            for i in range(5):
                hold(ledger, energy, "25", ref=f"t{n}-{i}")
        except NotEnough as error:
            errors.append(error)

    threads = [threading.Thread(target=book, args=(n,)) for n in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert ledger.balance(energy, at=START).free == 0
    assert len(ledger.store.entries()) == 41
    assert errors
