"""The figures that five real zones have published about themselves, and what they have not.

The zones' figures are data (`data/five_zones.yaml`); this module reads them. Figures that are exact, dated and mean
the same as a quantity or indicator become facts; lower bounds and changes without values stay published figures only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.errors import Place
from ecopark.observations.meaning import Meanings
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.quantity import catalogue


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One figure as a zone published it.

    Parameters
    ----------
    zone
        Id of the zone.
    label
        What the article calls it.
    op
        ``=`` for the figure itself, ``>=`` or ``>`` for a lower bound.
    value, unit
        As published, as a decimal text, with the unit restated (10k and 100m CNY, m2).
    year
        ``2022``, ``2019-2021`` or empty where the article gives none.
    quantity
        Quantity or indicator that it is exactly; empty if none.
    near
        Quantity or indicator that it comes near, without being it.
    whole
        What it is about, if that is more than the zone.
    source, note
        The article, and what a reader must know.
    """

    zone: str
    label: Text
    op: str
    value: str
    unit: str
    year: str
    quantity: str
    near: str
    whole: Text
    source: Text
    note: Text

    @property
    def years(self) -> tuple[int, ...]:
        """The calendar years it holds for; a span that is one figure for all its years is listed year by year."""
        if not self.year:
            return ()
        first, _, last = self.year.partition("-")
        return tuple(range(int(first), int(last or first) + 1))

    @property
    def exact(self) -> bool:
        """Whether it becomes a fact."""
        return bool(self.quantity) and self.op == "=" and bool(self.year) and not self.whole

    @property
    def why_not(self) -> Text:
        """Why it is no fact about the zone in a year; empty where it is one."""
        if self.exact:
            return Text()
        if self.whole:
            return Text(f"口径为{self.whole.zh}", f"about {self.whole.en[0].lower()}{self.whole.en[1:]}")
        if self.near:
            return Text("相近，不代用", "near, not used in its place")
        if self.quantity or self.op != "=":
            return Text("只是界限，不是确数", "a bound, not the figure itself")
        if not self.year:
            return Text("未注明年份", "no year is given")
        return Text("没有对应的数据项", "no quantity is this")


STATEMENTS = {
    "plan": Text("规划数，不是已达到的", "planned, not reached"),
    "layout": Text("布局或做法，不是测得的量", "a layout or practice, nothing measured"),
    "event": Text("事件", "an event"),
    "target": Text("目标值，不是实际值", "a target, not what was reached"),
    "threshold": Text("准入门槛，不是实际值", "a threshold for admission, not what was reached"),
}
"""Why what an article says in numbers is no published figure, by the kind of statement."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something an article says in numbers that is no figure of what was reached.

    Parameters
    ----------
    kind
        A key of `STATEMENTS`.
    value, unit, year
        As published; the value is a text, for it may be a code or a bound.
    """

    kind: str
    label: Text
    value: str
    unit: str
    year: str

    @property
    def why_not(self) -> Text:
        """Why it does not enter an assessment."""
        return STATEMENTS[self.kind]


@dataclass(frozen=True, slots=True)
class Zone:
    """One real zone: its names, the article, its figures, what the article leaves open, and what else it says in numbers."""

    id: str
    name: Text
    source: Text
    figures: tuple[PublishedFigure, ...]
    unpublished: tuple[Text, ...]
    other: tuple[Statement, ...] = ()
    scopes: tuple[tuple[int, Text], ...] = ()


def _text(node: dict[str, Any] | None) -> Text:
    return Text(str(node["zh"]), str(node["en"])) if node else Text()


@cache
def _data() -> dict[str, Any]:
    raw = (files("ecopark.examples") / "data" / "five_zones.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(raw)
    return data


def title() -> Text:
    """The title under which the figures are shown."""
    return _text(_data()["title"])


@cache
def zones() -> tuple[Zone, ...]:
    """The five zones with everything known of them here."""
    return tuple(_zone(node) for node in _data()["zones"])


def _zone(node: dict[str, Any]) -> Zone:
    source = _text(node["source"])
    figures = tuple(
        PublishedFigure(
            zone=node["id"],
            label=_text(f),
            op=f["op"],
            value=str(f["value"]),
            unit=f["unit"],
            year=str(f["year"]),
            quantity=f.get("quantity", ""),
            near=f.get("near", ""),
            whole=_text(f.get("whole")),
            source=source,
            note=_text(f.get("note")),
        )
        for f in node["figures"]
    )
    scopes = tuple((int(s["since"]), _text(s)) for s in node.get("scopes", ()))
    other = tuple(Statement(s["kind"], _text(s), s["value"], s["unit"], s["year"]) for s in node["other"])
    return Zone(node["id"], _text(node), source, figures, tuple(_text(t) for t in node["unpublished"]), other, scopes)


def published() -> list[PublishedFigure]:
    """All figures of all zones, as published.

    Examples
    --------
    >>> sorted({f.op for f in published()})
    ['=', '>', '>=']
    """
    return [figure for zone in zones() for figure in zone.figures]


def five_zones() -> Facts:
    """The exact, dated figures as facts; rates whose inputs nobody published are reported rates.

    Returns
    -------
    facts
        One park per zone, those without any exact figure included.
    """
    meanings = Meanings(catalogue())
    observations = []
    for figure in published():
        if not figure.exact:
            continue
        meaning = meanings.of(figure.quantity, figure.unit, "")
        for year in figure.years:
            observations.append(
                Observation(
                    figure.zone,
                    meaning.id,
                    Period(year),
                    Fraction(figure.value) * meaning.factor,
                    meaning.unit,
                    given=f"{figure.value} {figure.unit}",
                    source=figure.source.zh,
                    note=figure.note.zh,
                    place=Place("five_zones.yaml"),
                )
            )
    return Facts(observations, [Subject(z.id, z.name.zh, "park", scopes=z.scopes) for z in zones()])
