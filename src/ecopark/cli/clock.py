"""Moments as a person types them, and who is at the keyboard: what the commands that book something share.

A date is a day in China: a booking falls on its beginning, a balance on its end, a reservation lasts through it.
"""

from __future__ import annotations

import getpass
import os
from datetime import UTC, date, datetime, time, timedelta

from ecopark.errors import InputError, Place, Problem

AHEAD = timedelta(minutes=5)
"""How far a booking may be ahead of this machine's clock."""


def who(by: str | None) -> str:
    """Who acts: as given, else the login name."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER", "")


def booked(at: str | None) -> datetime:
    """The moment of a booking: now, or as `--at` says (today is now), but never in the future."""
    now = datetime.now(UTC)
    if at is None:
        return now
    when = moment(at, "--at")
    if len(at.strip()) == 10 and when <= now < when + timedelta(days=1):
        return now  # today
    if when > now + AHEAD:
        raise option_problem(
            "ledger-future", "--at", f"{at} 在将来，不能记账", f"{at} is in the future; nothing can be booked then",
            "请用今天或更早的日期。", "Give today or an earlier day.",
        )  # fmt: skip
    return when


def moment(text: str, option: str, *, end: bool = False) -> datetime:
    """A moment as typed; of a date the first moment, or with `end` the first after it (for a balance, the last in it)."""
    from ecopark.admission.ledger.questions import CHINA

    try:
        day = date.fromisoformat(text.strip())
        start = datetime.combine(day, time(), CHINA)
        if end:
            start += timedelta(days=1)
            return start if option == "--until" else start - timedelta(microseconds=1)
        return start
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo is not None else found.replace(tzinfo=CHINA)
    except ValueError:
        raise option_problem(
            "ledger-date", option, f"“{text}”不是日期", f"'{text}' is not a date",
            "例如 2026-03-01 或 2026-03-01T09:30。", "Write 2026-03-01 or 2026-03-01T09:30.",
        ) from None  # fmt: skip


def last_day(until: datetime) -> str:
    """The end of a reservation as people say it: the last day in it, where it ends with a day."""
    if until.time() == time():
        return f"{until - timedelta(days=1):%Y-%m-%d}"
    return f"{until:%Y-%m-%d %H:%M}"


def option_problem(code: str, option: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> InputError:
    """What is wrong with an option of a command."""
    return InputError([Problem(code, Place(option), zh, en, repair_zh, repair_en)])
