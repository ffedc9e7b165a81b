"""From a decision to the quota ledger: what is left becomes the quota state, what a project needs becomes reservations.

A decision has one id, made of the project, the edition of the policy and the day. Its reservations carry that id, so that
they can be confirmed or released together, and so that booking the same decision twice is seen.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ecopark.admission.decision import Decision
from ecopark.admission.ledger import Account, Booking, Entry, Ledger, Ratio, Reservation
from ecopark.admission.policy import Booking as Need
from ecopark.admission.policy import Policy
from ecopark.admission.quota_rules import Quota
from ecopark.core.rounding import decimal_text
from ecopark.core.unit import unit
from ecopark.errors import InputError, Place, Problem

PARK = "park"
"""Whose accounts are asked where nobody says otherwise."""
OPEN = ("reserved", "confirmed")


def decision_id(decision: Decision) -> str:
    """The id of a decision: its day, and a hash over project, policy and day.

    The quota state takes no part: a decision that is made again after its booking is still the same one.
    """
    text = "\n".join((decision.project.given, decision.policy.id, decision.policy.hash, decision.on.isoformat()))
    return f"D{decision.on:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def quota_state(ledger: Ledger, policy: Policy, *, at: datetime, place: str = PARK) -> dict[tuple[str, int], Fraction]:
    """What is free in the ledger at a moment, for the quotas that a policy speaks of.

    Parameters
    ----------
    place
        Whose accounts.

    Returns
    -------
    state
        Free amount by (quota, year), in the unit of the policy's rule. A quota without an account is left out: what is
        not known is not zero.

    Raises
    ------
    UnitError
        An account is kept in a unit that does not measure what the rule asks for.
    """
    units = {r.spec.quota: r.spec.need.unit for r in reversed(policy.rules) if isinstance(r.spec, Quota)}
    found = {}
    for account in ledger.accounts(place=place):
        if account.item in units:
            factor = unit(account.unit).factor_to(unit(units[account.item]))
            found[account.item, account.year] = Fraction(ledger.balance(account, at=at).free) * factor
    return found


def reserve(
    ledger: Ledger, decision: Decision, *, until: datetime, by: str, at: datetime, place: str = PARK
) -> tuple[Entry, ...]:
    """Reserve everything that an admitted project needs, or nothing.

    An amount with more decimals than its account keeps is rounded up.

    Raises
    ------
    InputError
        The project is not admitted, it is booked already, an account is not open, or not enough is free.
    """
    name = decision_id(decision)
    if decision.verdict not in ("admit", "conditional"):
        zh, en = "未准入的项目不能预留指标", "quota is reserved only for a project that is admitted"
        raise InputError([Problem("booking-refused", Place(name), zh, en)])
    earlier = of_decision(ledger, name, at=at)
    if any(r.state in OPEN for r in earlier):
        zh, en = "这一判定已预留指标", "quota is reserved for this decision already"
        repair = f"ecopark ledger confirm --decision {name}"
        raise InputError([Problem("booking-exists", Place(name), zh, en, repair, repair)])
    attempt = 1 + max((_attempt(r.ref) for r in earlier), default=0)
    needs: dict[tuple[str, int], list[Need]] = {}
    for need in decision.bookings:
        needs.setdefault((need.quota, need.year), []).append(need)
    made = [
        _booking(ledger.account(f"{quota}/{year}/{place}"), rows, _ref(name, quota, year, attempt))
        for (quota, year), rows in _open(ledger, needs, place).items()
    ]
    if not made:
        return ()
    note = f"{name} {decision.policy.id} {decision.policy.hash}"
    return ledger.reserve_all(made, until=until, project=decision.project.name[:200], by=by, at=at, note=note)


def of_decision(ledger: Ledger, name: str, *, at: datetime) -> tuple[Reservation, ...]:
    """The reservations of a decision as they stand at a moment, by account, those of its earlier attempts included."""
    found = []
    for quota, year in dict.fromkeys((a.item, a.year) for a in ledger.accounts()):
        attempt = 1
        while entries := ledger.history(ref=_ref(name, quota, year, attempt)):
            found.append(ledger.reservation(entries[0].ref, at=max(at, entries[0].at)))
            attempt += 1
    return tuple(found)


def confirm(ledger: Ledger, name: str, *, by: str, at: datetime, note: str = "") -> tuple[Entry, ...]:
    """Confirm everything that a decision has reserved, or nothing.

    Raises
    ------
    InputError
        Nothing was ever reserved for it, or a reservation is no longer waiting.
    """
    return ledger.confirm_all(_latest(ledger, name, at), by=by, at=at, note=note)


def release(ledger: Ledger, name: str, *, by: str, at: datetime, note: str = "") -> tuple[Entry, ...]:
    """Give up everything that a decision has reserved, or nothing.

    Raises
    ------
    InputError
        Nothing was ever reserved for it, or a reservation is no longer waiting.
    """
    return ledger.release_all(_latest(ledger, name, at), by=by, at=at, note=note)


# -- inside ------------------------------------------------------------------------------------------------------------


def _ref(name: str, quota: str, year: int, attempt: int) -> str:
    return f"{name}/{quota}/{year}" + (f"/{attempt}" if attempt > 1 else "")


def _attempt(ref: str) -> int:
    parts = ref.split("/")
    return int(parts[3]) if len(parts) > 3 else 1


def _latest(ledger: Ledger, name: str, at: datetime) -> list[str]:
    refs = [r.ref for r in of_decision(ledger, name, at=at)]
    if not refs:
        zh, en = "台账中没有这一判定的预留", "nothing was reserved for a decision of this id"
        repair = "编号见判定书或登记簿。", "The id stands in the minutes and in the register."
        raise InputError([Problem("booking-unknown", Place(name), zh, en, *repair)])
    last = max(_attempt(ref) for ref in refs)
    return [ref for ref in refs if _attempt(ref) == last]


def _open(ledger: Ledger, needs: dict[tuple[str, int], list[Need]], place: str) -> dict[tuple[str, int], list[Need]]:
    """The same needs, if an account is open for each; all that are not are named together."""
    known = {a.key for a in ledger.accounts()}
    problems = []
    for quota, year in needs:
        key = f"{quota}/{year}/{place}"
        if key not in known:
            zh, en = "没有这个账户，不能预留", "there is no such account to reserve from"
            repair = f"ecopark ledger open {quota} --year {year} --place {place}"
            problems.append(Problem("booking-no-account", Place(key), zh, en, repair, repair))
    if problems:
        raise InputError(problems)
    return needs


def _booking(account: Account, rows: list[Need], ref: str) -> Booking:
    """One reservation; the replacement ratio stays visible in the ledger where the amounts are exact decimals."""
    factors = [unit(r.unit).factor_to(unit(account.unit)) for r in rows]
    if len(rows) == 1 and rows[0].ratio != 1:
        amount, total = rows[0].amount * factors[0], rows[0].required * factors[0]
        if _fits(amount, account.places) and _fits(total, account.places) and _fits(rows[0].ratio, 12):
            given = Decimal(decimal_text(rows[0].ratio))
            why = Ratio(account.item, account.place, account.year, account.year, given, rows[0].rule)
            return Booking(account, decimal_text(amount), ref, why)
    total = sum((r.required * f for r, f in zip(rows, factors, strict=True)), Fraction(0))
    return Booking(account, decimal_text(_up(total, account.places)), ref)


def _fits(number: Fraction, places: int) -> bool:
    return bool((number * 10**places).denominator == 1)


def _up(number: Fraction, places: int) -> Fraction:
    """The least decimal of so many places that is not below."""
    return Fraction(-(-number * 10**places // 1), 10**places)
