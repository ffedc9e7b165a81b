"""Replacement ratios: how much reduction a new emission must be matched with, by unit and year.

They are configuration. The general rules that are known of (2 : 1 where the quality target was missed, 1 : 1 elsewhere)
were not seen in a source, so none is built in: a park types its own, with the document it stands in and who checked
it. One that nobody has checked is kept and shown, and never used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ecopark.admission.ledger.checks import LedgerError, amount, exactly, plain, tidy, words
from ecopark.admission.ledger.entries import ITEMS, LOCAL, Account
from ecopark.errors import InputError, Place, Problem, did_you_mean

EVERYWHERE = "*"
KEYS = ("items", "places", "from", "to", "ratio", "source", "verified_by", "note")


@dataclass(frozen=True, slots=True)
class Ratio:
    """One replacement ratio.

    Parameters
    ----------
    item, place
        What it is for; place ``*`` is everywhere that has none of its own.
    first, last
        Years of quota in which it holds, both included.
    ratio
        Units of quota for one unit of new emission. [1]
    source
        The document it stands in.
    verified_by
        Who checked it against that document; empty if nobody did.
    """

    item: str
    place: str
    first: int
    last: int
    ratio: Decimal
    source: str
    verified_by: str = ""
    note: str = ""

    @property
    def verified(self) -> bool:
        return bool(self.verified_by and self.source)


@dataclass(frozen=True, slots=True)
class ReplacementRatios:
    """The ratios of a park.

    Examples
    --------
    >>> ratios = ReplacementRatios.read(
    ...     [{"items": ["cod"], "ratio": "2", "from": 2026, "to": 2026, "source": "notice 12", "verified_by": "Li"}]
    ... )
    >>> ratios.find(Account("cod", 2026, "park")).ratio
    Decimal('2')
    """

    ratios: tuple[Ratio, ...] = ()

    @classmethod
    def read(cls, rows: Sequence[Mapping[str, object]], file: str = "") -> ReplacementRatios:
        """Ratios from configuration: a list of mappings with the keys `items`, `places`, `from`, `to`, `ratio`,
        `source`, `verified_by`, `note`.

        Raises
        ------
        InputError
            Everything that is wrong with the rows.
        """
        found: list[Ratio] = []
        problems: list[Problem] = []
        for number, row in enumerate(rows, 1):
            place = Place(file or "replacement", row=number)
            try:
                found.extend(_read(row, place))
            except InputError as error:
                problems.extend(error.problems)
        for i, one in enumerate(found):
            for other in found[:i]:
                if (
                    (one.item, one.place) == (other.item, other.place)
                    and max(one.first, other.first) <= min(one.last, other.last)
                    and one.verified == other.verified
                    and one.ratio != other.ratio
                ):
                    problems.append(
                        Problem(
                            "ledger-ratio-twice",
                            Place(file or "replacement"),
                            f"{one.item} 在“{one.place}”同一年度有两个替代比例 {other.ratio} 和 {one.ratio}",
                            f"{one.item} at '{one.place}' has two replacement ratios {other.ratio} and {one.ratio} for a year",
                            "只保留一个。",
                            "Keep one.",
                        )
                    )
        if problems:
            raise InputError(problems)
        return cls(tuple(found))

    def find(self, account: Account) -> Ratio:
        """The verified ratio for the item, place and year of an account; one of its own place before ``*``.

        Raises
        ------
        LedgerError
            There is none, or only one that nobody has verified.
        """
        fitting = [
            r
            for r in self.ratios
            if r.item == account.item and r.place in (account.place, EVERYWHERE) and r.first <= account.year <= r.last
        ]
        usable = sorted((r for r in fitting if r.verified), key=lambda r: r.place == EVERYWHERE)
        if usable:
            return usable[0]
        place = Place(account.key)
        if fitting:
            shown = ", ".join(f"{plain(r.ratio)} ({r.source or '-'})" for r in fitting)
            raise LedgerError(
                Problem(
                    "ledger-ratio-unverified",
                    place,
                    f"替代比例 {shown} 未经核对，不采用",
                    f"the replacement ratio {shown} has not been verified and is not used",
                    "请对照文件核对，写明 source 和 verified_by。",
                    "Check it against its document and fill in source and verified_by.",
                )
            )
        raise LedgerError(
            Problem(
                "ledger-ratio-none",
                place,
                "没有配置替代比例",
                "no replacement ratio is configured",
                "请在配置中写明，不作推定。",
                "Configure it; none is assumed.",
            )
        )

    def required(self, account: Account, new_amount: object) -> Decimal:
        """Quota that a new emission needs: its amount times the ratio. [unit of the account]

        Raises
        ------
        LedgerError
            No verified ratio; or `new_amount` is no amount.
        """
        return times(account, new_amount, self.find(account).ratio)


def times(account: Account, new_amount: object, ratio: Decimal) -> Decimal:
    """`new_amount` times `ratio` as an amount of the account, never rounded."""
    with exactly():
        product = amount(new_amount, account.places, account.key) * ratio
    return amount(tidy(product), account.places, account.key)


def _read(row: Mapping[str, object], place: Place) -> list[Ratio]:
    if not isinstance(row, Mapping):
        raise _problem("ledger-ratio", place, "这一项不是表", "this is not a table of keys")
    for key in row:
        if key not in KEYS:
            raise _problem(
                "ledger-ratio",
                place,
                f"不认识“{key}”，可用的有：{'、'.join(KEYS)}",
                f"unknown key '{key}'. {did_you_mean(str(key), KEYS)} There are: {', '.join(KEYS)}",
            )
    items, places = row.get("items"), row.get("places", [EVERYWHERE])
    if not isinstance(items, list | tuple) or not items or not isinstance(places, list | tuple) or not places:
        raise _problem(
            "ledger-ratio", place, "items 和 places 应为非空列表", "items and places are lists that are not empty"
        )
    for item in items:
        if item not in ITEMS and not str(item).startswith(LOCAL):
            raise _problem(
                "ledger-ratio",
                place,
                f"没有“{item}”这一额度类别",
                f"no quota item '{item}'. {did_you_mean(str(item), list(ITEMS))}".strip(),
            )
    first, last = row.get("from"), row.get("to")
    if not isinstance(first, int) or not isinstance(last, int) or isinstance(first, bool) or first > last:
        raise _problem(
            "ledger-ratio", place, "from 和 to 为起止年份", "from and to are years, the first not after the last"
        )
    ratio = amount(row.get("ratio"), 6, str(place))
    texts = [words(row.get(key, ""), key, key, needed=False, longest=500) for key in ("source", "verified_by", "note")]
    return [Ratio(str(i), str(p), first, last, ratio, *texts) for i in items for p in places]


def _problem(code: str, place: Place, zh: str, en: str) -> InputError:
    return InputError([Problem(code, place, zh, en)])
