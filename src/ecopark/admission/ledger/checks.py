"""What may enter the ledger: exact amounts, texts, moments; and the errors that say why something may not.

Every error is one `Problem` in both languages with a stable code, so a page or a program can act on the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import (
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    localcontext,
)

from ecopark.errors import InputError, Place, Problem

LARGEST = Decimal(10) ** 15
"""Amounts are smaller than this. [unit of the account]"""

_EXACT = Context(
    prec=200, Emax=10**6, Emin=-(10**6), traps=[Inexact, Rounded, InvalidOperation, Overflow, DivisionByZero, Clamped]
)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class LedgerError(InputError):
    """A booking or a question that the ledger cannot serve; nothing was written.

    Attributes
    ----------
    problem
        What is wrong and what to do, in both languages.
    code
        Its stable code, e.g. ``ledger-past-year``.
    """

    def __init__(self, problem: Problem) -> None:
        zh, en = _sentence(problem.zh, problem.repair_zh, "。"), _sentence(problem.en, problem.repair_en, ".")
        self.problem = replace(problem, zh=zh, en=en)
        self.code = problem.code
        super().__init__([self.problem])


def _sentence(text: str, repair: str, stop: str) -> str:
    """The text, ended where another sentence follows."""
    return text if not repair or text.endswith(("。", ".", "?", "？")) else text + stop


class NotEnough(LedgerError):
    """The account has not enough free quota; `free`, `asked` and `short` are amounts in the account's unit."""

    def __init__(self, problem: Problem, account: str, free: Decimal, asked: Decimal) -> None:
        super().__init__(problem)
        self.account = account
        self.free = free
        self.asked = asked
        with exactly():
            self.short = asked - free


class StoreError(LedgerError):
    """The database cannot be opened, reached or understood."""


@contextmanager
def exactly() -> Iterator[None]:
    """Decimal arithmetic that never rounds: what would lose a digit raises instead."""
    with localcontext(_EXACT):
        yield


def plain(number: Decimal) -> str:
    """An amount as text without exponent or trailing zeros.

    Examples
    --------
    >>> plain(Decimal("1E+3")), plain(Decimal("0.500")), plain(Decimal("-0"))
    ('1000', '0.5', '0')
    """
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0", "") else text


def tidy(number: Decimal) -> Decimal:
    """The same number in its one canonical form."""
    return Decimal(plain(number))


def amount(given: object, places: int, where: str = "", *, signed: bool = False) -> Decimal:
    """An exact amount.

    Parameters
    ----------
    given
        A `Decimal`, an `int`, or digits as text. A float is refused: 0.1 as a float is not one tenth.
    places
        How many decimals the account keeps.
    where
        The account, for the message.
    signed
        Whether it may be negative, as in a correction. Zero is never an amount.

    Raises
    ------
    LedgerError
        It is no exact number, not positive, too fine or too large.
    """
    place = Place(where)
    if isinstance(given, float):
        raise LedgerError(
            Problem(
                "ledger-amount-float",
                place,
                f"数量 {given!r} 是二进制浮点数，不是精确的小数",
                f"the amount {given!r} is a binary float, not an exact decimal",
                "请用文本或 Decimal。",
                "Give it as text or as a Decimal.",
            )
        )
    number: Decimal | None = None
    if isinstance(given, Decimal):
        number = given if given.is_finite() else None
    elif isinstance(given, int) and not isinstance(given, bool):
        number = Decimal(given)
    elif isinstance(given, str) and len(given) <= 100 and _NUMBER.fullmatch(given.strip()):
        number = Decimal(given.strip())
    if number is None:
        raise LedgerError(
            Problem(
                "ledger-amount-unreadable",
                place,
                f"“{given}”不是数量",
                f"'{given}' is not an amount",
                "请只写数字和小数点，例如 1200.5。",
                "Write digits and a point only, such as 1200.5.",
            )
        )
    if not number or (number < 0 and not signed):
        raise LedgerError(
            Problem(
                "ledger-amount-not-positive",
                place,
                f"数量须大于零，不能是 {number}" if not signed else "更正的数量不能为零",
                f"an amount is above zero, not {number}" if not signed else "a correction of zero changes nothing",
            )
        )
    if number.adjusted() >= LARGEST.adjusted():
        raise LedgerError(
            Problem(
                "ledger-amount-too-large",
                place,
                f"数量 {number} 过大（须小于 {plain(LARGEST)}）",
                f"the amount {number} is too large (it must be below {plain(LARGEST)})",
                "请检查单位。",
                "Check the unit.",
            )
        )
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > places:
        if -exponent <= 1000:
            number = tidy(number)
            exponent = number.as_tuple().exponent
            assert isinstance(exponent, int)
        if -exponent > places:
            raise LedgerError(
                Problem(
                    "ledger-amount-too-fine",
                    place,
                    f"数量 {number} 的小数位多于本账户的 {places} 位",
                    f"the amount {number} has more decimals than the {places} this account keeps",
                    "请先按规则取整，账本从不代为四舍五入。",
                    "Round it by your own rule first; the ledger never rounds.",
                )
            )
    return tidy(number)


def words(given: object, what_zh: str, what_en: str, *, needed: bool = True, longest: int = 200) -> str:
    """A text that both databases keep unchanged: trimmed, without control characters.

    Raises
    ------
    LedgerError
        It is needed and empty, too long, not a text, or holds control characters.
    """
    text = given.strip() if isinstance(given, str) else None
    if text is None or (needed and not text):
        raise LedgerError(
            Problem("ledger-text-missing", Place(), f"缺少{what_zh}", f"{what_en} is missing", "请补上。", "Give it.")
        )
    if len(text) > longest or _CONTROL.search(text):
        raise LedgerError(
            Problem(
                "ledger-text",
                Place(),
                f"{what_zh}过长（至多 {longest} 字）或含有控制字符",
                f"{what_en} is too long (at most {longest} characters) or holds control characters",
            )
        )
    return text


def moment(given: object, what_zh: str = "时间", what_en: str = "the time") -> datetime:
    """A moment in UTC.

    Raises
    ------
    LedgerError
        It is not a datetime with a time zone: the ledger never guesses one, and never looks at the clock.
    """
    if not isinstance(given, datetime) or given.utcoffset() is None:
        raise LedgerError(
            Problem(
                "ledger-time",
                Place(),
                f"{what_zh}“{given}”不是带时区的时刻",
                f"{what_en} '{given}' is not a moment with a time zone",
                "请用带时区的 datetime。",
                "Give a datetime with its time zone.",
            )
        )
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise LedgerError(
            Problem("ledger-time", Place(), f"{what_zh}“{given}”超出范围", f"{what_en} '{given}' is out of range")
        ) from None
