"""The same firm in five departments' tables: by credit code first, then by name and address with a score.

Names are made plain (width, brackets, company suffixes), candidates are looked for only among records that share a rare pair
of letters with them (blocking), and similarity comes from rapidfuzz. A pair that is neither clearly the same nor clearly
different is handed to a person, not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from ecopark.grading.credit_code import read_code

SURE, DOUBTFUL = 88.0, 74.0
"""From `SURE` on two records are one firm; from `DOUBTFUL` on a person should look. [0 to 100]"""

BLOCK_LIMIT = 200
"""Pairs of letters that more records than this share tell nothing and make no block."""

_SUFFIXES = re.compile(
    r"(股份有限公司|有限责任公司|集团有限公司|有限公司|分公司|总公司|公司|集团|厂|个体工商户|co\.?,?\s*ltd\.?|limited|inc\.?)$"
)
_BRACKETS = re.compile(r"[\(\[（【].*?[\)\]）】]")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of one department's table.

    Parameters
    ----------
    table, key
        Department, and the row's own id or number within its table.
    landlord
        Name or credit code of the firm on whose land it sits, where the table says so.
    """

    table: str
    key: str
    name: str = ""
    credit_code: str = ""
    address: str = ""
    landlord: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records taken for one firm, or put before a person."""

    left: Record
    right: Record
    score: float
    how: str


@dataclass
class Entity:
    """One firm: all its records."""

    id: str
    name: str
    credit_code: str
    records: list[Record] = field(default_factory=list)
    landlord: str = ""


@dataclass(frozen=True)
class Matching:
    """Who is who.

    Parameters
    ----------
    entities
        Firms, each with its records.
    pairs
        What was joined on name and address, with its score.
    doubtful
        Pairs for a person to look at.
    alone
        Records found in no other table.
    conflicts
        Groups of records of one table that share a credit code.
    """

    entities: tuple[Entity, ...]
    pairs: tuple[Pair, ...]
    doubtful: tuple[Pair, ...]
    alone: tuple[Record, ...]
    bad_codes: tuple[Record, ...]
    conflicts: tuple[tuple[Record, ...], ...]

    def report(self) -> dict[str, int]:
        """The numbers of the report."""
        return {
            "records": sum(len(e.records) for e in self.entities),
            "firms": len(self.entities),
            "in_more_than_one_table": sum(len({r.table for r in e.records}) > 1 for e in self.entities),
            "joined_by_name_and_address": len(self.pairs),
            "for_a_person": len(self.doubtful),
            "not_matched": len(self.alone),
            "bad_credit_codes": len(self.bad_codes),
            "one_code_twice_in_a_table": len(self.conflicts),
            "tenants": sum(bool(e.landlord) for e in self.entities),
        }


def plain_name(name: str) -> str:
    """A firm's name for comparing: half-width, lower case, without brackets, marks and company suffixes.

    Examples
    --------
    >>> plain_name("云栖 机械（浙江）有限公司"), plain_name("云栖机械厂")
    ('云栖机械', '云栖机械')
    """
    text = unicodedata.normalize("NFKC", name).lower().strip()
    text = _BRACKETS.sub("", text)
    text = _NOT_WORD.sub("", text)
    while (shorter := _SUFFIXES.sub("", text)) != text and shorter:
        text = shorter
    return text


def plain_address(address: str) -> str:
    """An address for comparing: half-width, lower case, letters and digits only."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", address).lower())


def similarity(a: tuple[str, str], b: tuple[str, str]) -> float:
    """Likeness of two (plain name, plain address) from 0 to 100; a missing address neither helps nor harms.

    Names that differ in a number are different firms ("No. 2 plant").
    """
    (name_a, place_a), (name_b, place_b) = a, b
    if not name_a or not name_b:
        return 0.0
    if re.findall(r"\d+|[一二三四五六七八九十]+", name_a) != re.findall(r"\d+|[一二三四五六七八九十]+", name_b):
        return 0.0
    name = max(fuzz.ratio(name_a, name_b), 100 * OSA.normalized_similarity(name_a, name_b))
    if not place_a or not place_b:
        return name - 4
    place = fuzz.ratio(place_a, place_b)
    if re.findall(r"\d+", place_a) == re.findall(r"\d+", place_b) and re.findall(r"\d+", place_a):
        place = max(place, fuzz.partial_ratio(place_a, place_b))
    return 0.7 * name + 0.3 * place if place >= 60 else 0.8 * name


class _Union:
    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def top(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, a: int, b: int) -> None:
        a, b = sorted((self.top(a), self.top(b)))
        self.parent[b] = a


def match_tables(tables: Mapping[str, Iterable[Record]]) -> Matching:
    """Join the records of several tables into firms.

    Two records with different valid credit codes are never one firm; two with the same always are. The others are
    joined where name and address are alike enough and no other firm is nearly as alike.

    Examples
    --------
    >>> tax = [Record("tax", "1", "云栖机械有限公司", "91350100M000100Y43")]
    >>> power = [Record("power", "77", "云栖机械有限公司", "", "")]
    >>> match_tables({"tax": tax, "power": power}).report()["firms"]
    1
    """
    records = [r for rows in tables.values() for r in rows]
    codes = [read_code(r.credit_code) for r in records]
    bad = tuple(r for r, (_, state) in zip(records, codes) if state == "invalid")
    valid = [code if state in ("valid", "repaired") else "" for code, state in codes]
    union = _Union(len(records))
    by_code: dict[str, list[int]] = defaultdict(list)
    for i, code in enumerate(valid):
        if code:
            by_code[code].append(i)
    for same in by_code.values():
        for i in same[1:]:
            union.join(same[0], i)
    looks = [(plain_name(r.name), plain_address(r.address)) for r in records]
    pairs, doubtful = _by_name(records, looks, valid, union)
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(len(records)):
        groups[union.top(i)].append(i)
    entities = [_entity([records[i] for i in g], [valid[i] for i in g]) for g in groups.values()]
    _landlords(entities)
    conflicts = [
        tuple(records[i] for i in same)
        for same in by_code.values()
        if max(Counter(records[i].table for i in same).values()) > 1
    ]
    alone = tuple(e.records[0] for e in entities if len({r.table for r in e.records}) == 1)
    return Matching(tuple(entities), tuple(pairs), tuple(doubtful), alone, bad, tuple(conflicts))


def _by_name(
    records: Sequence[Record], looks: Sequence[tuple[str, str]], valid: Sequence[str], union: _Union
) -> tuple[list[Pair], list[Pair]]:
    """Join records without a valid code, best pairs first, each to one firm."""
    open_ = [i for i, code in enumerate(valid) if not code]
    blocks = _blocks(looks)
    scored: list[tuple[float, int, int]] = []
    for i in open_:
        near = {j for letters in _bigrams(looks[i][0]) for j in blocks.get(letters, ()) if j != i}
        for j in near:
            if valid[j] or j > i:
                if records[i].table == records[j].table:
                    continue
                score = similarity(looks[i], looks[j])
                if score >= DOUBTFUL:
                    scored.append((score, i, j))
    best: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for score, i, j in scored:
        best[i].append((score, j))
        best[j].append((score, i))
    pairs: list[Pair] = []
    doubtful: list[tuple[int, int, Pair]] = []
    code_of: dict[int, str] = {}
    tables: dict[int, set[str]] = defaultdict(set)
    for i, code in enumerate(valid):
        top = union.top(i)
        tables[top].add(records[i].table)
        if code:
            code_of[top] = code
    for score, i, j in sorted(scored, key=lambda s: (-s[0], s[1], s[2])):
        a, b = union.top(i), union.top(j)
        if a == b:
            continue
        codes = {code_of.get(a, ""), code_of.get(b, "")} - {""}
        if len(codes) > 1 or tables[a] & tables[b]:
            continue
        rivals = [
            s
            for s, k in best[i]
            if union.top(k) not in (a, b) and s > score - 3 and records[k].table == records[j].table
        ]
        if score < SURE or rivals:
            how = "rivals" if rivals else "unsure"
            doubtful.append((i, j, Pair(records[i], records[j], round(score, 1), how)))
            continue
        union.join(a, b)
        top = union.top(a)
        tables[top] = tables[a] | tables[b]
        if codes:
            code_of[top] = codes.pop()
        pairs.append(Pair(records[i], records[j], round(score, 1), "name and address"))
    return pairs, [pair for i, j, pair in doubtful if union.top(i) != union.top(j)]


def _bigrams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)} or {text}


def _blocks(looks: Sequence[tuple[str, str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for i, (name, _) in enumerate(looks):
        for letters in _bigrams(name):
            found[letters].append(i)
    return {k: v for k, v in found.items() if len(v) <= BLOCK_LIMIT}


def _entity(records: list[Record], codes: list[str]) -> Entity:
    names = Counter(r.name for r in records if r.name)
    code = next((c for c in codes if c), "")
    name = names.most_common(1)[0][0] if names else records[0].key
    landlord = next((r.landlord for r in records if r.landlord), "")
    return Entity(code or f"{records[0].table}:{records[0].key}", name, code, records, landlord)


def _landlords(entities: list[Entity]) -> None:
    """What tables say of a landlord, by code or name, becomes the id of a firm where there is one."""
    by_code = {e.credit_code: e.id for e in entities if e.credit_code}
    by_name = {plain_name(r.name): e.id for e in entities for r in e.records if r.name}
    for e in entities:
        if e.landlord:
            code = read_code(e.landlord)[0]
            e.landlord = by_code.get(code) or by_name.get(plain_name(e.landlord)) or e.landlord


def precision_recall(found: Matching, truth: Mapping[tuple[str, str], str]) -> tuple[float, float]:
    """Of the pairs of records that were joined, how many are one firm; of those that are, how many were joined.

    Parameters
    ----------
    truth
        (table, key) of a record to the firm it really is.
    """
    right = joined = 0
    for e in found.entities:
        firms = Counter(truth[(r.table, r.key)] for r in e.records)
        n = len(e.records)
        joined += n * (n - 1) // 2
        right += sum(k * (k - 1) // 2 for k in firms.values())
    real = sum(k * (k - 1) // 2 for k in Counter(truth.values()).values())
    return (right / joined if joined else 1.0, right / real if real else 1.0)
