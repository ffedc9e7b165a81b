"""The ledger against a plain model: any sequence of acts gives the same answers, refusals and balances.

The model keeps a list of reservations and adds everything up anew each time; it knows neither running totals nor
entries. Each run has accounts of its own in one database, so that a run costs no new file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ecopark.admission.ledger import Account, Ledger, LedgerError, balance
from ecopark.admission.ledger.page import Page
from ecopark.admission.ledger.statement import audit_account

from .conftest import START

AMOUNTS = st.one_of(
    st.decimals("0.000001", "40", places=6),
    st.integers(1, 40).map(Decimal),
    st.sampled_from([Decimal("0.000001"), Decimal("33.333333"), Decimal("0.1")]),
)
HOURS = st.integers(0, 60)
HOUR = timedelta(hours=1)
PLACES = ("a", "b")
number = count(1)


@dataclass
class Held:
    place: str
    amount: Decimal
    until: datetime
    state: str = "open"
    confirmed: Decimal = Decimal(0)


@dataclass
class Model:
    now: datetime = START
    limit: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(PLACES, Decimal(0)))
    held: dict[str, Held] = field(default_factory=dict)

    def waiting(self, ref: str) -> bool:
        return self.held[ref].state == "open" and self.now < self.held[ref].until

    def reserved(self, place: str) -> Decimal:
        return sum((h.amount for r, h in self.held.items() if h.place == place and self.waiting(r)), Decimal(0))

    def confirmed(self, place: str) -> Decimal:
        return sum((h.confirmed for h in self.held.values() if h.place == place), Decimal(0))

    def free(self, place: str) -> Decimal:
        return self.limit[place] - self.reserved(place) - self.confirmed(place)


def machine(ledger: Ledger) -> type[RuleBasedStateMachine]:
    class Books(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            run = next(number)
            self.model = Model()
            self.accounts = {p: ledger.open(Account("nox", 2026, f"{p}{run}"), by="Li", at=START) for p in PLACES}
            self.run = run

        def attempt(self, possible: bool, act, *args, **kwargs) -> bool:
            """Do it; the ledger must refuse exactly when the model does."""
            try:
                act(*args, by="Li", at=self.model.now, **kwargs)
            except LedgerError:
                assert not possible
                return False
            assert possible
            return True

        @rule(hours=HOURS)
        def wait(self, hours) -> None:
            self.model.now += hours * HOUR

        @rule(place=st.sampled_from(PLACES), amount=AMOUNTS)
        def allocate(self, place, amount) -> None:
            assert self.attempt(True, ledger.allocate, self.accounts[place], amount)
            self.model.limit[place] += amount

        @rule(place=st.sampled_from(PLACES), amount=AMOUNTS, hours=HOURS)
        def reserve(self, place, amount, hours) -> None:
            until, ref = self.model.now + hours * HOUR, f"{self.run}-{len(self.model.held)}"
            possible = amount <= self.model.free(place) and hours > 0
            if self.attempt(possible, ledger.reserve, self.accounts[place], amount, until=until, project="P", ref=ref):
                self.model.held[ref] = Held(place, amount, until)

        @rule(place=st.sampled_from(PLACES), hours=st.integers(1, 60))
        def reserve_all_that_is_left(self, place, hours) -> None:
            if (amount := self.model.free(place)) > 0:
                self.reserve(place, amount, hours)

        @precondition(lambda self: self.model.held)
        @rule(data=st.data(), part=st.integers(1, 5))
        def confirm(self, data, part) -> None:
            ref = data.draw(st.sampled_from(sorted(self.model.held)))
            held = self.model.held[ref]
            amount = min(held.amount, (held.amount * part / 4).quantize(Decimal("0.000001"))) or held.amount
            possible = self.model.waiting(ref)
            if part == 5:
                amount, possible = held.amount + Decimal("0.000001"), False
            if self.attempt(possible, ledger.confirm, ref, amount=amount):
                held.state, held.confirmed = "confirmed", amount

        @precondition(lambda self: self.model.held)
        @rule(data=st.data())
        def release(self, data) -> None:
            ref = data.draw(st.sampled_from(sorted(self.model.held)))
            if self.attempt(self.model.waiting(ref), ledger.release, ref):
                self.model.held[ref].state = "released"

        @rule(amount=AMOUNTS, back=st.booleans())
        def transfer(self, amount, back) -> None:
            source, target = reversed(PLACES) if back else PLACES
            possible = amount <= self.model.free(source)
            if self.attempt(possible, ledger.transfer, self.accounts[source], self.accounts[target], amount):
                self.model.limit[source] -= amount
                self.model.limit[target] += amount

        @rule(place=st.sampled_from(PLACES), amount=AMOUNTS, sign=st.sampled_from([1, -1]))
        def correct(self, place, amount, sign) -> None:
            possible = sign > 0 or amount <= self.model.free(place)
            if self.attempt(possible, ledger.correct, self.accounts[place], sign * amount, reason="wrong"):
                self.model.limit[place] += sign * amount

        @precondition(lambda self: self.model.held)
        @rule(data=st.data(), amount=AMOUNTS, sign=st.sampled_from([1, -1]))
        def correct_what_was_confirmed(self, data, amount, sign) -> None:
            ref = data.draw(st.sampled_from(sorted(self.model.held)))
            held = self.model.held[ref]
            enough = amount <= (self.model.free(held.place) if sign > 0 else held.confirmed)
            if self.attempt(
                held.state == "confirmed" and enough,
                ledger.correct, self.accounts[held.place], sign * amount, reason="wrong", reservation=ref,
            ):  # fmt: skip
                held.confirmed += sign * amount

        @rule()
        def expire(self) -> None:
            for account in self.accounts.values():
                ledger.expire(on=self.model.now, account=account)

        @invariant()
        def balances_are_those_of_the_model(self) -> None:
            for place, account in getattr(self, "accounts", {}).items():
                model, found = self.model, ledger.balance(account, at=self.model.now)
                assert (found.limit, found.reserved, found.confirmed, found.free) == (
                    model.limit[place], model.reserved(place), model.confirmed(place), model.free(place),
                )  # fmt: skip
                assert found.free >= 0

        def teardown(self) -> None:
            for account in getattr(self, "accounts", {}).values():
                entries = ledger.store.entries(account.key)
                assert audit_account(account, entries) == []
                for entry in entries:  # the books as they were are the books of the entries so far
                    assert ledger.balance(account, at=entry.at) == balance(account, entries, entry.at)

    return Books


def run(ledger: Ledger, examples: int, *, shrink: bool = True) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: machine(ledger)(), settings=chosen)


def test_any_sequence_of_acts_keeps_the_books(where: str, ledger: Ledger) -> None:
    run(ledger, 60 if where.endswith(".sqlite") else 30)


def test_the_model_notices_a_ledger_that_forgets_expiry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "sweep", lambda self: None)
    with Ledger.at(tmp_path / "ledger.sqlite") as ledger, pytest.raises(AssertionError):
        run(ledger, 30, shrink=False)


def test_the_database_stops_a_book_that_forgets_to_look(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    account = ledger.open(Account("nox", 2026, "park"), by="Li", at=START)
    ledger.allocate(account, "1", by="Li", at=START)
    monkeypatch.setattr(Page, "must_be_free", lambda self, number: None)
    with pytest.raises(LedgerError) as caught:
        ledger.reserve(account, "1.000001", until=START + HOUR, project="P", by="Li", at=START)
    assert caught.value.code == "ledger-store"
    assert ledger.balance(account, at=START).free == 1
