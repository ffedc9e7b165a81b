"""What is written in the ledger, and the balance as a function of it.

An entry is never changed. The balance of an account at a moment follows from its entries alone: `balance` below is that
definition; the book keeps running totals beside each entry only to be quick, and `audit` compares the two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ecopark.admission.ledger.checks import LedgerError, amount, exactly, plain, tidy, words
from ecopark.core.text import Text
from ecopark.core.unit import unit as find_unit
from ecopark.errors import Place, Problem, UnitError, did_you_mean

ITEMS: dict[str, tuple[Text, str]] = {
    "energy": (Text("能耗", "energy"), "tce"),
    "co2": (Text("二氧化碳", "CO2"), "tCO2"),
    "cod": (Text("化学需氧量", "COD"), "t"),
    "nh3n": (Text("氨氮", "NH3-N"), "t"),
    "tn": (Text("总氮", "total nitrogen"), "t"),
    "tp": (Text("总磷", "total phosphorus"), "t"),
    "so2": (Text("二氧化硫", "SO2"), "t"),
    "nox": (Text("氮氧化物", "NOx"), "t"),
    "pm": (Text("烟粉尘", "soot and dust"), "t"),
    "vocs": (Text("挥发性有机物", "VOCs"), "t"),
    "heavy_metals": (Text("重点重金属", "key heavy metals"), "kg"),
    "water": (Text("用水", "water"), "m3"),
    "land": (Text("用地", "land"), "mu"),
}
"""What a quota can be of: label and usual unit. An id that starts with ``local.`` is a park's own."""

LOCAL = "local."
KINDS: dict[str, Text] = {
    "allocate": Text("下达", "allocate"),
    "reserve": Text("预留", "reserve"),
    "confirm": Text("确认", "confirm"),
    "release": Text("释放", "release"),
    "transfer_out": Text("调出", "transfer out"),
    "transfer_in": Text("调入", "transfer in"),
    "correct": Text("更正", "correct"),
}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Account:
    """A quota of one item for one year and one place.

    Parameters
    ----------
    item
        One of `ITEMS`, or an id that starts with ``local.``.
    year
        Calendar year of the quota.
    place
        Whose quota: the park, a control unit, a group.
    unit
        Unit of all its amounts; empty is the usual one of the item.
    places
        Decimals its amounts may have.

    Raises
    ------
    LedgerError
        The item or unit is unknown, the unit does not measure the item, or the year is none.

    Examples
    --------
    >>> Account("energy", 2026, "park").key, Account("energy", 2026, "park").unit
    ('energy/2026/park', 'tce')
    """

    item: str
    year: int
    place: str
    unit: str = ""
    places: int = 6

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", words(self.place, "账户的地点", "the place of the account", longest=100))
        known = ITEMS.get(self.item)
        local = isinstance(self.item, str) and self.item.startswith(LOCAL) and len(self.item) > len(LOCAL)
        if known is None and (not local or "/" in words(self.item, "额度类别", "the quota item", longest=60)):
            raise LedgerError(
                Problem(
                    "ledger-unknown-item",
                    Place(),
                    f"没有“{self.item}”这一额度类别，可用的有：{'、'.join(ITEMS)}",
                    f"there is no quota item '{self.item}'; there are: {', '.join(ITEMS)}",
                    f"地方自定的以 {LOCAL} 开头。",
                    f"{did_you_mean(str(self.item), list(ITEMS))} A park's own starts with '{LOCAL}'.".strip(),
                )
            )
        if isinstance(self.year, bool) or not isinstance(self.year, int) or not 1900 <= self.year <= 2200:
            raise LedgerError(
                Problem(
                    "ledger-year",
                    Place(self.item),
                    f"“{self.year}”不是年份",
                    f"'{self.year}' is not a calendar year",
                    "例如 2026。",
                    "Write it as 2026.",
                )
            )
        if isinstance(self.places, bool) or not isinstance(self.places, int) or not 0 <= self.places <= 12:
            raise LedgerError(
                Problem(
                    "ledger-places",
                    Place(self.key),
                    f"小数位数为 0 到 12，不是“{self.places}”",
                    f"an account keeps 0 to 12 decimals, not '{self.places}'",
                )
            )
        object.__setattr__(self, "unit", self._unit(known[1] if known else ""))

    def _unit(self, usual: str) -> str:
        place = Place(self.key)
        if not self.unit and not usual:
            raise LedgerError(
                Problem("ledger-unit", place, "自定的额度须写明单位", "a quota item of your own needs a unit")
            )
        try:
            chosen = find_unit(self.unit or usual)
        except UnitError as error:
            raise LedgerError(Problem("ledger-unit", place, f"单位不明：{error}", f"{error}")) from None
        if usual and not chosen.compatible(find_unit(usual)):
            raise LedgerError(
                Problem(
                    "ledger-unit",
                    place,
                    f"{ITEMS[self.item][0].zh}的单位不能是“{self.unit}”",
                    f"'{self.unit}' does not measure {ITEMS[self.item][0].en}",
                    f"通常用 {usual}。",
                    f"The usual unit is {usual}.",
                )
            )
        return chosen.symbol

    @property
    def key(self) -> str:
        """The account's one name: item/year/place."""
        return f"{self.item}/{self.year}/{self.place}"

    @property
    def label(self) -> Text:
        """What the quota is of."""
        return ITEMS[self.item][0] if self.item in ITEMS else Text(self.item[len(LOCAL) :])

    def amount(self, number: object, unit: str) -> Decimal:
        """An amount given in another unit, in the unit of the account, exactly.

        Raises
        ------
        LedgerError
            The units do not measure the same thing, or the result has more decimals than the account keeps.
        """
        place = Place(self.key)
        try:
            factor = find_unit(unit).factor_to(find_unit(self.unit))
        except UnitError as error:
            raise LedgerError(Problem("ledger-unit", place, f"单位不符：{error}", f"{error}")) from None
        scaled = Fraction(amount(number, 30, self.key)) * factor
        shifted = scaled * 10**self.places
        if shifted.denominator != 1:
            raise LedgerError(
                Problem(
                    "ledger-amount-too-fine",
                    place,
                    f"{number} {unit} 换算为 {self.unit} 后超过 {self.places} 位小数",
                    f"{number} {unit} in {self.unit} has more than the {self.places} decimals this account keeps",
                    "请先按规则取整。",
                    "Round it by your own rule first.",
                )
            )
        with exactly():
            return tidy(Decimal(shifted.numerator).scaleb(-self.places))


@dataclass(frozen=True, slots=True)
class Totals:
    """What an account stands at just after an entry, reservations counted until their expiry is written down."""

    limit: Decimal = ZERO
    reserved: Decimal = ZERO
    confirmed: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        with exactly():
            return tidy(self.limit - self.reserved - self.confirmed)

    def plus(self, limit: Decimal = ZERO, reserved: Decimal = ZERO, confirmed: Decimal = ZERO) -> Totals:
        """These totals with something added to each."""
        with exactly():
            return Totals(tidy(self.limit + limit), tidy(self.reserved + reserved), tidy(self.confirmed + confirmed))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    Parameters
    ----------
    account
        Key of the account.
    seq
        Its number within the account, from 1, without gaps.
    kind
        One of `KINDS`.
    amount
        In the account's unit; above zero except in a correction.
    ref
        The reservation that it makes, confirms, releases or corrects; for a transfer, what both sides share.
    at
        When it was booked, UTC; never before the entry above it.
    until
        Of a reservation: from this moment on it no longer counts.
    by, note, project
        Who booked it, why, and for which project.
    ratio, new_amount
        Of a reservation with a replacement ratio: `amount` is `new_amount` times `ratio`.
    after
        What the account stands at after it.
    seal
        Hash over this entry and the seal of the one above it.
    """

    account: str
    seq: int
    kind: str
    amount: Decimal
    at: datetime
    by: str
    ref: str = ""
    until: datetime | None = None
    note: str = ""
    project: str = ""
    ratio: Decimal | None = None
    new_amount: Decimal | None = None
    after: Totals = field(default_factory=Totals)
    seal: str = ""

    @property
    def id(self) -> str:
        """``account#seq``."""
        return f"{self.account}#{self.seq}"

    @property
    def change(self) -> str:
        """The amount with the sign it has on the limit of the account (allocations, transfers, corrections)."""
        if self.kind in ("allocate", "transfer_in") or (self.kind == "correct" and self.amount > 0):
            return f"+{plain(self.amount)}"
        return f"-{plain(self.amount)}" if self.kind == "transfer_out" else plain(self.amount)

    def sealed(self, above: str) -> str:
        """The seal that belongs on this entry when `above` stands on the one before."""
        content = [above, *self.to_dict().values()]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, object]:
        """The entry as plain data; amounts as decimal strings, moments as ISO 8601 in UTC."""
        return {
            "id": self.id,
            "kind": self.kind,
            "amount": plain(self.amount),
            "ref": self.ref,
            "at": stamp(self.at),
            "until": stamp(self.until) if self.until else None,
            "by": self.by,
            "note": self.note,
            "project": self.project,
            "ratio": None if self.ratio is None else plain(self.ratio),
            "new_amount": None if self.new_amount is None else plain(self.new_amount),
            "limit": plain(self.after.limit),
            "reserved": plain(self.after.reserved),
            "confirmed": plain(self.after.confirmed),
            "free": plain(self.after.free),
        }


@dataclass(frozen=True, slots=True)
class Balance:
    """An account at a moment. All amounts in its unit.

    Parameters
    ----------
    limit
        Allocations, transfers and corrections.
    reserved
        Reservations that have neither expired nor been confirmed or released.
    confirmed
        What projects have for good.
    """

    account: Account
    at: datetime
    limit: Decimal
    reserved: Decimal
    confirmed: Decimal

    @property
    def free(self) -> Decimal:
        """What can still be reserved: limit less reserved less confirmed."""
        with exactly():
            return tidy(self.limit - self.reserved - self.confirmed)

    def to_dict(self) -> dict[str, object]:
        """The balance as plain data; amounts as decimal strings."""
        return {
            "account": self.account.key,
            "unit": self.account.unit,
            "at": stamp(self.at),
            "limit": plain(self.limit),
            "reserved": plain(self.reserved),
            "confirmed": plain(self.confirmed),
            "free": plain(self.free),
        }


def stamp(at: datetime) -> str:
    """A moment in UTC as text of one width, so that texts sort as moments do."""
    return f"{at.year:04d}" + at.strftime("-%m-%dT%H:%M:%S.%fZ")


def balance(account: Account, entries: Iterable[Entry], at: datetime) -> Balance:
    """The balance of an account at a moment, from its entries alone.

    This is the definition. An entry counts from its own moment on; a reservation counts while it is neither confirmed
    nor released and `at` is before its `until`.

    Parameters
    ----------
    entries
        Entries in the order of `seq`; those of other accounts are passed over.
    """
    limit, confirmed = ZERO, ZERO
    waiting: dict[str, Entry] = {}
    with exactly():
        for entry in entries:
            if entry.account != account.key or entry.at > at:
                continue
            match entry.kind:
                case "allocate" | "transfer_in":
                    limit += entry.amount
                case "transfer_out":
                    limit -= entry.amount
                case "reserve":
                    waiting[entry.ref] = entry
                case "confirm":
                    del waiting[entry.ref]
                    confirmed += entry.amount
                case "release":
                    del waiting[entry.ref]
                case "correct" if entry.ref:
                    confirmed += entry.amount
                case "correct":
                    limit += entry.amount
        reserved = sum((e.amount for e in waiting.values() if e.until is not None and e.until > at), ZERO)
    return Balance(account, at, tidy(limit), tidy(reserved), tidy(confirmed))
