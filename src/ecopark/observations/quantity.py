"""The catalogue of quantities: what can be measured or reported, in which unit, and how it adds up.

The catalogue is data: one YAML file per theme in `observations/catalogue/`, one code list per breakdown in
`observations/catalogue/breakdowns.yaml`. Adding a quantity is adding an entry there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, did_you_mean

KINDS = ("flow", "stock", "share", "flag", "count", "attribute")

OVER_TIME = {"flow": "sum", "stock": "last"}
"""How months and quarters make a year where an entry does not say, by kind; every other kind: they do not."""


class UnknownQuantityError(EcoparkError):
    """No quantity has this id or alias; the message offers the nearest ones."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a breakdown list.

    Parameters
    ----------
    id
        The code, e.g. ``diesel``.
    label
        What people call it.
    unit
        Unit of amounts of this code where it differs by code (fuels), else empty.
    aliases
        Other spellings that are read as this code.
    optional
        A closed list is complete without it (a pollutant that only some places control).
    """

    id: str
    label: Text
    unit: str = ""
    aliases: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A list of codes by which a quantity is split.

    Parameters
    ----------
    dimension
        Key used in the ``by`` column, e.g. ``kind`` in ``kind=other``.
    closed
        A closed list needs a value for every code that is not optional (zeros typed); an open list is complete once one
        row is given.
    """

    id: str
    dimension: str
    label: Text
    codes: tuple[Code, ...]
    closed: bool

    @property
    def required(self) -> tuple[str, ...]:
        """Ids of the codes without which the list has a hole; none for an open list."""
        return tuple(c.id for c in self.codes if not c.optional) if self.closed else ()

    def find(self, text: str) -> Code | None:
        """The code that `text` names: its id, an alias, or a label."""
        wanted = text.strip().lower()
        for code in self.codes:
            if wanted in (code.id, code.label.zh.lower(), code.label.en.lower()) or wanted in code.aliases:
                return code
        return None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named thing that is measured or reported.

    Parameters
    ----------
    id, aliases
        Stable id and the other ids that mean the same.
    label, definition
        What people call it and what exactly is counted.
    unit
        Canonical unit text; ``by code`` where every code of the breakdown has its own (a code without one takes the unit
        that is typed); empty for flags and codes.
    level
        ``park``, ``firm``, ``project``, ``parcel`` or ``meter``: the level at which it is usually reported.
    kind
        ``flow``, ``stock``, ``share``, ``flag``, ``count`` or ``attribute``.
    low, high
        Plausible range in the canonical unit; None where none is stated. They bound, they never decide.
    rollup
        How firms add up to the park: ``sum``, ``all`` (every flag true), ``any`` or empty (does not add up).
    over_time
        How months and quarters make a year: ``sum``, ``mean`` (simple mean), ``last`` (the value at the end of the year)
        or empty (they do not). By default `OVER_TIME`.
    department
        Key of the department that usually answers for it.
    theme
        The theme (sheet of the template) it belongs to.
    breakdowns
        Ids of the breakdown lists, empty if it is one number.
    codes
        For a code attribute (region): the allowed codes.
    formula
        How it is computed from other quantities where nobody has reported it; empty if it cannot be.
    constant_price
        The amount is at constant prices and must carry its base year.
    derived
        An intermediate total: not on the templates, but accepted when given.
    words
        Everyday words by which people look for it (固废, 水耗); only searched, never read as its name.
    """

    id: str
    label: Text
    unit: str
    kind: str
    theme: str
    level: str = "park"
    definition: Text = Text()
    aliases: tuple[str, ...] = ()
    low: Fraction | None = None
    high: Fraction | None = None
    rollup: str = ""
    over_time: str = ""
    department: str = ""
    breakdowns: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    formula: str = ""
    constant_price: bool = False
    derived: bool = False
    words: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        return self.kind != "flag" and not self.codes

    @property
    def counts(self) -> bool:
        """Whether it counts whole things: people, firms, events."""
        return self.unit in ("count", "person")

    @property
    def zh(self) -> str:
        """What a message calls it in Chinese: label and id."""
        return f"{self.label['zh']}（{self.id}）"

    @property
    def en(self) -> str:
        """What a message calls it in English: label and id."""
        return f"{self.label['en']} ({self.id})"


def is_money(quantity: Quantity) -> bool:
    """Whether it is an amount of money: that may be negative (a loss, a net outflow), a mass or an area may not."""
    return "CNY" in quantity.unit or "USD" in quantity.unit


@dataclass(frozen=True, slots=True)
class Theme:
    """A group of quantities: one file of the catalogue, one sheet of the template."""

    id: str
    label: Text


@dataclass(frozen=True)
class Catalogue:
    """All quantities, breakdown lists, themes and departments."""

    quantities: dict[str, Quantity]
    breakdowns: dict[str, Breakdown]
    themes: dict[str, Theme]
    departments: dict[str, Text]
    identities: tuple[tuple[str, str], ...] = ()
    """Pairs (part, whole): the part should never exceed the whole."""
    soft: frozenset[tuple[str, str]] = frozenset()
    """Those pairs that are not true by definition: broken ones are worth a word, but bounds do not rest on them."""
    same_units: tuple[tuple[str, str], ...] = ()
    """Pairs of quantities that are held against each other code by code and therefore must be given in one unit."""
    _ids: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def wholes(self) -> tuple[tuple[str, str], ...]:
        """The pairs (part, whole) that are true by definition."""
        return tuple(pair for pair in self.identities if pair not in self.soft)

    def find(self, name: str) -> Quantity | None:
        """The quantity that `name` (an id or alias) means, or None."""
        canonical = self._ids.get(name)
        return self.quantities[canonical] if canonical else None

    def named(self, name: str) -> Quantity | None:
        """The quantity that somebody means who writes this: an id, an alias, or a label that is one quantity's alone."""
        name = name.strip()
        return self.find(name) or self.find(name.lower()) or self._labels.get(name.lower())

    @cached_property
    def _labels(self) -> dict[str, Quantity | None]:
        found: dict[str, Quantity | None] = {}
        for quantity in self.quantities.values():
            for label in {quantity.label.zh.lower(), quantity.label.en.lower()} - {""}:
                found[label] = None if label in found else quantity
        return found

    def __getitem__(self, name: str) -> Quantity:
        quantity = self.find(name)
        if quantity is None:
            raise UnknownQuantityError(
                f"unknown quantity '{name}'. {did_you_mean(name, list(self._ids))}".strip(),
                zh=f"没有数据项“{name}”。{did_you_mean(name, list(self._ids), lang='zh')}",
            )
        return quantity

    def __contains__(self, name: str) -> bool:
        return name in self._ids

    def like(self, word: str) -> list[Quantity]:
        """Quantities that somebody who types `word` may mean, likeliest first.

        Looked for in ids, aliases, labels and everyday words, then in definitions; several words must all be found. Where
        nothing is, the quantities that share most pairs of characters (or most words) with `word`.
        """
        wanted = word.lower().replace("_", " ").split()
        if not wanted:
            return []
        names = {
            q: " ".join((q.id, q.label.zh, q.label.en, *q.aliases, *q.words)).lower().replace("_", " ")
            for q in self.quantities.values()
        }
        whole = " ".join(wanted)
        first = [q for q, text in names.items() if whole in text]
        first.sort(key=lambda q: not q.id.replace("_", " ").startswith(whole))
        first += [q for q, text in names.items() if q not in first and all(w in text for w in wanted)]
        texts = {q: f"{text} {q.definition.zh} {q.definition.en}".lower() for q, text in names.items()}
        found = first + [q for q, text in texts.items() if q not in first and all(w in text for w in wanted)]
        return found or _alike(wanted, names)

    @property
    def names(self) -> list[str]:
        return list(self._ids)


def _alike(wanted: list[str], names: dict[Quantity, str]) -> list[Quantity]:
    """The quantities that share more than half of the pieces of `wanted`: words, or pairs of Chinese characters."""
    pieces = {
        piece
        for word in wanted
        for piece in ([word[i : i + 2] for i in range(len(word) - 1)] if not word.isascii() else [word])
        if len(piece) > 1
    }
    scores = {q: sum(piece in text for piece in pieces) for q, text in names.items()}
    best = max(scores.values(), default=0)
    if not best or 2 * best <= len(pieces):
        return []
    return [q for q, score in scores.items() if score == best]


def _text(node: Any) -> Text:
    if isinstance(node, dict):
        return Text(str(node.get("zh", "")), str(node.get("en", "")))
    return Text("", str(node)) if node else Text()


def _codes(entries: list[dict[str, Any]]) -> tuple[Code, ...]:
    return tuple(
        Code(
            str(e["id"]),
            Text(e["zh"], e["en"]),
            e.get("unit", ""),
            tuple(str(a).lower() for a in e.get("aliases", ())),
            e.get("optional", False),
        )
        for e in entries
    )


def _quantity(entry: dict[str, Any], theme: str) -> Quantity:
    low, high = entry.get("range", (None, None))
    kind = entry["kind"]
    if kind not in KINDS:
        raise EcoparkError(
            f"quantity {entry['id']}: kind '{kind}' is none of {', '.join(KINDS)}",
            zh=f"数据项 {entry['id']}：kind “{kind}”不在 {', '.join(KINDS)} 之内",
        )
    over_time = entry.get("over_time", OVER_TIME.get(kind, "none"))
    if over_time not in ("sum", "mean", "last", "none"):
        raise EcoparkError(
            f"quantity {entry['id']}: over_time '{over_time}' is none of sum, mean, last, none",
            zh=f"数据项 {entry['id']}：over_time “{over_time}”不在 sum、mean、last、none 之内",
        )
    return Quantity(
        id=entry["id"],
        label=Text(entry["zh"], entry["en"]),
        unit=entry.get("unit", ""),
        kind=kind,
        theme=theme,
        level=entry.get("level", "park"),
        definition=_text(entry.get("definition")),
        aliases=tuple(entry.get("aliases", ())),
        low=None if low is None else exact(low),
        high=None if high is None else exact(high),
        rollup=entry.get("rollup", ""),
        over_time="" if over_time == "none" else over_time,
        department=entry.get("department", ""),
        breakdowns=tuple(entry.get("breakdowns", ())),
        codes=_codes(entry.get("codes", [])),
        formula=entry.get("formula", ""),
        constant_price=entry.get("constant_price", False),
        derived=entry.get("derived", False),
        words=tuple(entry.get("words", ())),
    )


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with ecopark, loaded once."""
    folder = files("ecopark.observations") / "catalogue"
    quantities: dict[str, Quantity] = {}
    themes: dict[str, Theme] = {}
    ids: dict[str, str] = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    common = yaml.load((folder / "breakdowns.yaml").read_text(encoding="utf-8"), Loader=loader)
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml") or path.name == "breakdowns.yaml":
            continue
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        theme = data["theme"]
        themes[theme["id"]] = Theme(theme["id"], Text(theme["zh"], theme["en"]))
        for entry in data["quantities"]:
            quantity = _quantity(entry, theme["id"])
            for name in (quantity.id, *quantity.aliases):
                if name in ids:
                    raise EcoparkError(
                        f"{path.name}: the id '{name}' is used twice", zh=f"{path.name}：编号“{name}”重复"
                    )
                ids[name] = quantity.id
            quantities[quantity.id] = quantity
    breakdowns = {
        e["id"]: Breakdown(e["id"], e["dimension"], Text(e["zh"], e["en"]), _codes(e["codes"]), e["closed"])
        for e in common["breakdowns"]
    }
    departments = {d["id"]: Text(d["zh"], d["en"]) for d in common["departments"]}
    identities = tuple((i["part"], i["whole"]) for i in common["identities"])
    soft = frozenset((i["part"], i["whole"]) for i in common["identities"] if i.get("soft"))
    same_units = tuple((pair["one"], pair["other"]) for pair in common["same_units"])
    return Catalogue(quantities, breakdowns, themes, departments, identities, soft, same_units, ids)
