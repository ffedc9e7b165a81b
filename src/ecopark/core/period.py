"""Calendar periods: a year, quarter, month or day, and the timeless period of what does not change."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

_PATTERNS = (
    ("year", re.compile(r"(\d{4})$")),
    ("quarter", re.compile(r"(\d{4})-?Q([1-4])$", re.IGNORECASE)),
    ("month", re.compile(r"(\d{4})-(0?[1-9]|1[0-2])$")),
    ("day", re.compile(r"(\d{4})-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])$")),
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar period.

    Parameters
    ----------
    year
        Calendar year; 0 for the timeless period.
    kind
        ``year``, ``quarter``, ``month``, ``day`` or ``always``.
    part
        Quarter or month number; the month for a day. 0 for a year.
    day
        Day of the month; 0 unless ``kind`` is ``day``.
    """

    year: int
    kind: str = "year"
    part: int = 0
    day: int = 0

    @staticmethod
    def parse(text: str) -> Period:
        """Read ``2023``, ``2023年``, ``2023-Q2``, ``2023-05``, ``2023-05-17`` or an empty text.

        Raises
        ------
        ValueError
            The text is not a period.
        """
        text = text.strip().removesuffix("年").removesuffix(".0")
        if not text:
            return ALWAYS
        for kind, pattern in _PATTERNS:
            if match := pattern.match(text):
                numbers = [int(group) for group in match.groups()]
                if not 1900 <= numbers[0] <= 2200:
                    break
                if kind == "day" and numbers[2] > calendar.monthrange(numbers[0], numbers[1])[1]:
                    break
                return Period(numbers[0], kind, *numbers[1:])
        raise ValueError(f"{text!r} is not a period")

    def years_back(self, years: int) -> Period:
        """The same period `years` earlier; timeless stays timeless."""
        return self if self.kind == "always" else Period(self.year - years, self.kind, self.part, self.day)

    def __str__(self) -> str:
        if self.kind == "year":
            return f"{self.year}"
        if self.kind == "quarter":
            return f"{self.year}-Q{self.part}"
        if self.kind == "month":
            return f"{self.year}-{self.part:02d}"
        if self.kind == "day":
            return f"{self.year}-{self.part:02d}-{self.day:02d}"
        return ""


ALWAYS = Period(0, "always")


def year(number: int) -> Period:
    """The calendar year `number`."""
    return Period(number)
