"""A clause in the words of the page: formula, limits, how each part is known, where it is written, what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ecopark.core.text import Text
from ecopark.core.words import reference_words, unit_words
from ecopark.indicators.catalogue import indicators
from ecopark.observations.quantity import Quantity, catalogue
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.packs.model import BASES, Clause, Pack
from ecopark.standards.compile import run_parameters
from ecopark.standards.describe import TO_FILL_TEXT, formula_of, limit_text, parameter_words
from ecopark.standards.reuse import clause_uses
from ecopark.standards.verdict import KIND_TEXT
from ecopark.standards.wording import formula_words

LANGS = ("zh", "en")
PARTS = {
    "limit": Text("标准值", "limit"),
    "name": Text("名称", "name"),
    "formula": Text("算法", "formula"),
}


@dataclass(frozen=True)
class ClauseText:
    """A clause for reading; ``verified`` names who checked it, empty if nobody did."""

    clause: Clause
    kind: Text
    formula: str
    words: Text
    limits: tuple[Text, ...]
    unit: Text
    reference: Text
    verified: str = ""

    @property
    def basis(self) -> str:
        """The weakest of how its parts are known."""
        return self.clause.basis.overall

    @property
    def parts(self) -> list[tuple[Text, str]]:
        """How each part is known."""
        return [(label, getattr(self.clause.basis, name)) for name, label in PARTS.items()]


def read_clause(pack: Pack, clause: Clause, verified: str = "") -> ClauseText:
    """A clause in both languages."""
    labels = labels_of(pack)
    formula = " ".join(formula_of(clause).split())
    words = Text(*(formula_words(formula, labels, lang) if formula else "" for lang in LANGS))
    return ClauseText(
        clause, KIND_TEXT.get(clause.kind, Text(clause.kind, clause.kind)), formula, words, _limits(clause, labels),
        Text(*(unit_words(clause.unit, lang) for lang in LANGS)),
        Text(*(reference_words(clause.reference, lang) for lang in LANGS)), verified,
    )  # fmt: skip


def _limits(clause: Clause, labels: Mapping[str, Text]) -> tuple[Text, ...]:
    found = [
        Text(*(limit_text(case, lang, clause.unit, labels, spoken=True) for lang in LANGS)) for case in clause.limits
    ]
    if clause.benchmark is not None:
        shown = [unit_words(clause.unit, lang) for lang in LANGS]
        number = f"{float(clause.benchmark):.6g}"
        found.append(Text(f"引领值 {number} {shown[0]}".strip(), f"benchmark {number} {shown[1]}".strip()))
    if not found and not formula_of(clause):
        found.append(TO_FILL_TEXT)
    return tuple(found)


def labels_of(pack: Pack) -> dict[str, Text]:
    """What the figures, indicators and parameters that a standard's formulas name are called."""
    known = {q.id: q.label for q in catalogue().quantities.values()}
    known |= {i.id: i.label for i in indicators().values()}
    return known | {p.id: parameter_words(p.label) for p in pack.parameters if p.label}


def quantities_of(pack: Pack, clause: Clause) -> list[Quantity]:
    """The figures a clause needs."""
    names = dict.fromkeys(use.quantity for use in clause_uses(clause, run_parameters(pack)))
    return [catalogue()[name] for name in names]


@lru_cache(maxsize=1)
def _users() -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for name in shipped_ids():
        pack = find_pack(name)
        for clause in pack.clauses:
            for quantity in quantities_of(pack, clause):
                found.setdefault(quantity.id, []).append((name, clause.tail))
    return {q: tuple(pairs) for q, pairs in found.items()}


def clauses_using(quantity: str) -> list[tuple[Pack, Clause]]:
    """The clauses of all packs that need a figure."""
    return [(find_pack(name), find_pack(name).clause(tail)) for name, tail in _users().get(quantity, ())]


def grouped(pack: Pack, verified: Mapping[str, str]) -> list[tuple[Text, list[ClauseText]]]:
    """The clauses under the headings of the pack."""
    labels = {g.id: g.label for g in pack.groups}
    found: dict[str, list[ClauseText]] = {}
    for clause in pack.clauses:
        found.setdefault(clause.group, []).append(read_clause(pack, clause, verified.get(clause.tail, "")))
    return [(labels.get(group, Text(group, group)), clauses) for group, clauses in found.items()]


def basis_counts(pack: Pack) -> list[tuple[str, int]]:
    """How many clauses are known how, strongest first."""
    counts = {name: sum(c.basis.overall == name for c in pack.clauses) for name in BASES}
    return [(name, n) for name, n in counts.items() if n]
