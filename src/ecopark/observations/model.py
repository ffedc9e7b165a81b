"""What a park tells us: observations, subjects, and the set of both that everything is computed from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Protocol

from ecopark.core.period import ALWAYS, Period
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Scalar, value_key
from ecopark.errors import Place, Problem

FactKey = tuple[str, str, Period, str]
"""Subject, quantity, period, breakdown: one observation each."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one quantity for one subject and period.

    Parameters
    ----------
    subject, quantity, period, by
        The key. `quantity` is a canonical id, or an indicator or clause id for a reported rate; `by` is the breakdown,
        ``kind=other`` or ``fuel=diesel;use=combustion`` with its keys sorted, empty for a plain quantity.
    value
        In the canonical unit of the catalogue, exact.
    unit
        The canonical unit text (for a reported rate: the unit given).
    given
        Value and unit as typed, e.g. ``"3.2万 吨标准煤"``.
    base_year
        Base year of constant prices, or None.
    source, note
        The document it comes from, and the remark beside it.
    place
        File, sheet and cell.
    not_applicable
        Given as ``n/a`` with a note; `value` is then meaningless and a clause must allow it.
    """

    subject: str
    quantity: str
    period: Period
    value: Scalar
    unit: str = ""
    by: str = ""
    given: str = ""
    base_year: int | None = None
    source: str = ""
    note: str = ""
    place: Place = field(default_factory=Place)
    not_applicable: bool = False

    @property
    def key(self) -> FactKey:
        return (self.subject, self.quantity, self.period, self.by)


@dataclass(frozen=True, slots=True)
class Subject:
    """What figures are about: a park, a firm, a group, a parcel; whose part it is, from when until when.

    Parameters
    ----------
    id, name
        Key used in the facts and what people call it.
    kind
        ``park``, ``firm``, ``group``, ``parcel``, ``project`` or ``meter``.
    parent
        Id of the subject it is part of.
    since, until
        First and last year of existence (active in both), or None.
    scopes
        Dated statistical scopes: (first year, description). A change of scope breaks trends from that year on.
    attributes
        Anything else that was given: industry code, credit code, area.
    """

    id: str
    name: str = ""
    kind: str = "park"
    parent: str = ""
    since: int | None = None
    until: int | None = None
    scopes: tuple[tuple[int, Text], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    def active(self, period: Period) -> bool:
        """Whether the subject exists in the year of `period`."""
        if period == ALWAYS:
            return True
        return (self.since is None or self.since <= period.year) and (self.until is None or period.year <= self.until)

    def scope_breaks(self, first: int, last: int) -> tuple[tuple[int, Text], ...]:
        """The changes of scope that fall after year `first` and not after year `last`."""
        return tuple((y, t) for y, t in self.scopes if first < y <= last)


REMEMBERED = 64
"""How many of the facts before some changes are known by name, with the quantities that have changed since."""


class Derived(Protocol):
    """What was worked out of facts and is kept with them (`Facts.derived`): firm sums, say."""

    def after(self, facts: Facts, changed: frozenset[str]) -> Derived:
        """What of it still holds for `facts`, in which figures of the quantities `changed` differ."""
        ...


class Facts:
    """Observations and subjects, looked up by key.

    Parameters
    ----------
    observations
        Unique by (subject, quantity, period, by).
    subjects
        Declared subjects; a subject that only occurs in observations is taken for a park.
    settings
        What else the park folder says: options and parameters of packs, confirmed factors, evidence, titles.
    warnings
        Findings of the quality checks that do not stop anything.
    rejected
        Rows set aside (`--set-aside`), with their problems.
    """

    def __init__(
        self,
        observations: Iterable[Observation],
        subjects: Iterable[Subject] = (),
        *,
        settings: dict[str, Any] | None = None,
        warnings: Iterable[Problem] = (),
        rejected: Iterable[tuple[str, Problem]] = (),
    ) -> None:
        self.observations = tuple(observations)
        self.settings = settings or {}
        self.warnings = tuple(warnings)
        self.rejected = tuple(rejected)
        self._index = {o.key: o for o in self.observations}
        self._parts: dict[tuple[str, str, Period], list[Observation]] = {}
        self._within: dict[tuple[str, str, int], list[Observation]] = {}
        for o in self.observations:
            if o.by:
                self._parts.setdefault((o.subject, o.quantity, o.period), []).append(o)
            if o.period.kind in ("quarter", "month"):
                self._within.setdefault((o.subject, o.quantity, o.period.year), []).append(o)
        self.subjects = {s.id: s for s in subjects}
        for o in self.observations:
            if o.subject not in self.subjects:
                self.subjects[o.subject] = Subject(o.subject, o.subject)
        self._prints: dict[str | None, int] = {}
        self._parted: dict[str | None, tuple[frozenset[str] | None, list[str]]] = {}
        self._said: dict[tuple[str, int], dict[str, None]] | None = None
        self.derived: dict[type, Derived] = {}
        self._name = object()
        self._earlier: dict[object, frozenset[str]] = {}
        self._children: dict[str, list[Subject]] = {}
        for s in self.subjects.values():
            if s.parent:
                self._children.setdefault(s.parent, []).append(s)

    def with_changes(self, changes: Mapping[FactKey, Observation | None], *, warnings: Iterable[Problem] = ()) -> Facts:
        """The same facts with some figures replaced, added, or (None) taken away.

        Takes time for what changes; what is there is copied, not looked at. Subjects and settings stay; a subject that only
        occurs in observations cannot be new.

        Raises
        ------
        KeyError
            A figure is of a subject that there is none of.
        """
        made = copy(self)
        made._index = dict(self._index)
        made._prints = dict(self._prints)
        made._parts, made._within = dict(self._parts), dict(self._within)
        made._said = None if self._said is None else dict(self._said)
        for key, new in changes.items():
            old = made._index.pop(key, None) if new is None else made._index.get(key)
            if new is not None:
                self.subjects[new.subject]
                made._index[key] = new
                if made._said is not None:
                    said = made._said.get((key[1], key[2].year), {})
                    if new.subject not in said:
                        made._said[key[1], key[2].year] = {**said, new.subject: None}
            for printed in made._prints:
                wanted = self._wanted(printed)
                if wanted is None or key[0] in wanted:
                    made._prints[printed] += (_print(new) if new else 0) - (_print(old) if old else 0)
            subject, name, period, by = key
            if by:
                _swap(made._parts, (subject, name, period), old, new)
            if period.kind in ("quarter", "month"):
                _swap(made._within, (subject, name, period.year), old, new)
        made.observations = tuple(made._index.values())
        made.warnings = tuple(warnings)
        changed = frozenset(key[1] for key in changes)
        made.derived = {kind: one.after(made, changed) for kind, one in self.derived.items()}
        known = list(self._earlier.items())[: REMEMBERED - 1]
        made._name, made._earlier = object(), {self._name: changed, **{name: old | changed for name, old in known}}
        return made

    def changed_from(self, before: Facts) -> frozenset[str]:
        """The quantities of which any figure differs from the one in `before`."""
        if before is self:
            return frozenset()
        if before._name in self._earlier:
            return self._earlier[before._name]
        mine, theirs = self._index, before._index
        found = {key[1] for key, o in mine.items() if (old := theirs.get(key)) is not o and old != o}
        if len(mine) != len(theirs) or found:
            found |= {key[1] for key in theirs.keys() - mine.keys()}
        return frozenset(found)

    def __len__(self) -> int:
        return len(self.observations)

    def __iter__(self) -> Iterator[Observation]:
        return iter(self.observations)

    def get(self, subject: str, quantity: str, period: Period, by: str = "") -> Observation | None:
        """The observation with this key; one that holds for all time serves every period."""
        found = self._index.get((subject, quantity, period, by))
        if found is None and period != ALWAYS:
            found = self._index.get((subject, quantity, ALWAYS, by))
        return found

    def exact(self, subject: str, quantity: str, period: Period, by: str = "") -> Observation | None:
        """The observation with exactly this key."""
        return self._index.get((subject, quantity, period, by))

    def parts(self, subject: str, quantity: str, period: Period) -> list[Observation]:
        """The breakdown rows of a quantity in a period."""
        return self._parts.get((subject, quantity, period)) or self._parts.get((subject, quantity, ALWAYS), [])

    def within_year(self, subject: str, quantity: str, year: int) -> list[Observation]:
        """The rows of a quantity for quarters and months of a year, with and without a breakdown."""
        return self._within.get((subject, quantity, year), [])

    def reporters(self, quantity: str, year: int) -> Mapping[str, None]:
        """Subjects with a row of a quantity for any time of a year (0: for all time); some may have taken theirs back since."""
        if self._said is None:
            self._said = {}
            for o in self.observations:
                self._said.setdefault((o.quantity, o.period.year), {})[o.subject] = None
        return self._said.get((quantity, year), {})

    def children(self, subject: str, kind: str = "firm") -> list[Subject]:
        """Direct and indirect parts of `subject` of one kind."""
        return [self.subjects[s] for s in self._below(subject) if self.subjects[s].kind == kind]

    @property
    def parks(self) -> list[Subject]:
        """Subjects that standards are assessed for."""
        return [s for s in self.subjects.values() if s.kind == "park"]

    def years(self, subject: str) -> list[int]:
        """Calendar years for which a subject has annual observations, ascending."""
        return sorted({o.period.year for o in self.observations if o.subject == subject and o.period.kind != "always"})

    def fingerprint(self, subject: str | None = None) -> str:
        """Hash of all values (of one subject and its parts): facts with the same fingerprint give the same results.

        The hashes of the rows are added up, so that it costs little to take it again after a few changes. It begins with
        ``exact:``, for it is taken of the exact values. The batch takes its own, of float64 columns and of all subjects at once
        (`standards.batch.fingerprints`), which begins with ``float:``: the two are never equal, and only fingerprints of one
        kind can be compared.
        """
        wanted, about = self._parts_of(subject)
        if subject not in self._prints:
            self._prints[subject] = sum(_print(o) for o in self.observations if wanted is None or o.subject in wanted)
        text = "\n".join([str(self._prints[subject] % 2**256), *about])
        return "exact:" + hashlib.sha256(text.encode()).hexdigest()[:16]

    def _wanted(self, subject: str | None) -> frozenset[str] | None:
        return self._parts_of(subject)[0]

    def _parts_of(self, subject: str | None) -> tuple[frozenset[str] | None, list[str]]:
        """A subject with its parts (None: all there are), and what a fingerprint says of them; subjects do not change."""
        if subject not in self._parted:
            wanted = None if subject is None else frozenset((subject, *self._below(subject)))
            parts = [s for s in self.subjects.values() if wanted is None or s.id in wanted]
            about = sorted(f"{s.id}|{s.kind}|{s.parent}|{s.since}|{s.until}" for s in parts)
            self._parted[subject] = wanted, about
        return self._parted[subject]

    def _below(self, subject: str) -> list[str]:
        """Ids of all parts, each once; a subject that is said to be part of itself ends there."""
        found: dict[str, None] = {}
        waiting = [subject]
        while waiting:
            for child in self._children.get(waiting.pop(), []):
                if child.id not in found and child.id != subject:
                    found[child.id] = None
                    waiting.append(child.id)
        return list(found)

    def __repr__(self) -> str:
        return f"Facts({len(self.observations)} observations, {len(self.subjects)} subjects)"

    def to_rows(self) -> list[dict[str, str]]:
        """The facts in the long form of the facts contract, values in canonical units."""
        return [
            {
                "subject": o.subject,
                "quantity": o.quantity,
                "period": str(o.period),
                "value": "n/a" if o.not_applicable else _plain(o.value),
                "unit": o.unit + (f"@{o.base_year}" if o.base_year else ""),
                "by": o.by,
                "source": o.source,
                "note": o.note,
            }
            for o in self.observations
        ]


def _print(o: Observation) -> int:
    """What a fingerprint takes of one observation."""
    line = f"{o.subject}|{o.quantity}|{o.period}|{o.by}|{value_key(o.value)}|{o.base_year or ''}|{o.not_applicable}"
    return int.from_bytes(hashlib.sha256(line.encode()).digest(), "big")


def _plain(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else decimal_text(value, 28)


def _swap(
    groups: dict[Any, list[Observation]], key: tuple[Any, ...], old: Observation | None, new: Observation | None
) -> None:
    """One row of a group replaced, added or taken away; the group of the facts before stays as it was."""
    rows = [new if o is old and new is not None else o for o in groups.get(key, ()) if o is not old or new is not None]
    if new is not None and old is None:
        rows.append(new)
    groups[key] = rows
