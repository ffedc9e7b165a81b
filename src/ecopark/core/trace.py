"""The story of one number: what it is, its value, and the inputs it was made from.

Every number that decides something keeps its `Trace`. It is printed by `ecopark explain`, opened in the dossier and
compared in tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing, Result
from ecopark.errors import Place

SHOWN_PARTS = 6
"""How many parts of a roll-up are printed in a text; all are kept in the data."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One step of a calculation.

    Parameters
    ----------
    kind
        ``observation`` (typed by somebody), ``reported`` (a rate given without its inputs), ``rollup`` (sum over firms
        or months), ``derived`` (computed from other quantities), ``indicator``, ``factor``, ``parameter``,
        ``constant``, ``operation``, ``function``, ``condition``, ``comparison``, ``missing``.
    what
        Id or formula text.
    value
        The result of the step, in `unit`.
    unit
        Unit text; empty for flags and codes.
    label
        What people call it.
    period
        Calendar period as text.
    inputs
        The steps it was made from, in order.
    given
        Value and unit as they were typed, e.g. ``"3.2万 吨标准煤"``.
    place
        File, sheet and cell of an observation.
    source
        The document the figure or factor comes from, with its year.
    note
        Anything a reader must know: which limit was chosen and why, what was assumed.
    parts
        What a roll-up adds up (firms, largest first). Told, but no step of the formula: `walk` leaves them out.
    """

    kind: str
    what: str
    value: Result
    unit: str = ""
    label: Text = Text()
    period: str = ""
    inputs: tuple[Trace, ...] = ()
    given: str = ""
    place: Place | None = None
    source: str = ""
    note: Text = Text()
    parts: tuple[Trace, ...] = ()

    @property
    def missing(self) -> bool:
        return isinstance(self.value, Missing)

    def walk(self) -> Iterator[Trace]:
        """This step and all steps below it, depth first."""
        yield self
        for step in self.inputs:
            yield from step.walk()

    def observations(self) -> tuple[Trace, ...]:
        """The typed figures this number rests on, each once."""
        seen: dict[tuple[str, str, Place | None], Trace] = {}
        for step in self.walk():
            if step.kind in ("observation", "reported"):
                seen.setdefault((step.what, step.period, step.place), step)
        return tuple(seen.values())

    def to_dict(self) -> dict[str, Any]:
        """The trace as plain data, empty fields left out."""
        data: dict[str, Any] = {"kind": self.kind, "what": self.what, "value": value_text(self.value)}
        if self.missing:
            data["reason"] = {"zh": self.value.reason.zh, "en": self.value.reason.en}  # type: ignore[union-attr]
            data["missing"] = [str(item) for item in self.value.items]  # type: ignore[union-attr]
        for name in ("unit", "period", "given", "source"):
            if text := getattr(self, name):
                data[name] = text
        if self.label:
            data["label"] = {"zh": self.label.zh, "en": self.label.en}
        if self.place and str(self.place):
            data["place"] = str(self.place)
        if self.note:
            data["note"] = {"zh": self.note.zh, "en": self.note.en}
        if self.inputs:
            data["inputs"] = [step.to_dict() for step in self.inputs]
        if self.parts:
            data["parts"] = [step.to_dict() for step in self.parts]
        return data

    def to_text(self, lang: str = "en", *, units: Callable[[str, str], str] | None = None) -> str:
        """The trace as an indented text, one step a line, for a terminal.

        Parameters
        ----------
        units
            How a unit is written in a language (`core.words.unit_words` for readers); as it is if None.
        """
        return "\n".join(self._lines(lang, 0, set(), units or (lambda unit, _: unit)))

    def _lines(self, lang: str, depth: int, seen: set[int], units: Callable[[str, str], str]) -> list[str]:
        value = value_text(self.value, lang)
        unit = f" {units(self.unit, lang)}" if self.unit and self.unit != "1" and not self.missing else ""
        name = f"{self.label[lang]} " if self.label else ""
        period = f" @{self.period}" if self.period else ""
        line = f"{'  ' * depth}{name}{self.what}{period} = {value}{unit}"
        extra = []
        if self.given:
            extra.append(("填报 " if lang == "zh" else "given ") + self.given)
        if self.place and str(self.place):
            extra.append(str(self.place))
        if self.source:
            extra.append(self.source)
        if self.note:
            extra.append(self.note[lang])
        if extra:
            line += "   [" + " | ".join(extra) + "]"
        lines = [line]
        if id(self) in seen and (self.inputs or self.parts):
            return [line + ("   （见上）" if lang == "zh" else "   (as above)")]
        seen.add(id(self))
        for step in self.inputs:
            if step.kind != "constant":
                lines += step._lines(lang, depth + 1, seen, units)
        for step in self.parts[:SHOWN_PARTS]:
            lines += step._lines(lang, depth + 1, seen, units)
        if (more := len(self.parts) - SHOWN_PARTS) > 0:
            lines.append("  " * (depth + 1) + (f"……另 {more} 家" if lang == "zh" else f"... and {more} more"))
        return lines


def value_text(value: Result, lang: str = "en") -> str:
    """A value as people read it: a decimal, 是/否 or true/false, a code, or why it is missing."""
    if isinstance(value, Missing):
        return ("缺项（" if lang == "zh" else "missing (") + value.reason[lang] + ("）" if lang == "zh" else ")")
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("true" if value else "false")
    if isinstance(value, Fraction):
        return decimal_text(value)
    return value
