"""What was typed into a form or stands in an address, as what it means; None for what means nothing."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.dateparse import parse_datetime

DIGITS = 9
"""A whole number has so many digits at the most: any database keeps it."""


def day_in(text: str) -> date | None:
    """A day, ``2026-03-15``."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def moment_in(text: str) -> datetime | None:
    """A day and time as a browser sends them, with or without a time zone."""
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def number_in(text: str) -> int | None:
    """A whole number from 0 on in the digits 0 to 9: a page, a number of a row, the edition that somebody saw."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None


def is_year(text: str) -> bool:
    """Whether this is a year in four digits."""
    return len(text) == 4 and number_in(text) is not None


def seen_in(text: str) -> int:
    """The version or count that somebody saw when the form was shown; -1, which nothing is, for what is no number."""
    number = number_in(text)
    return -1 if number is None else number
