"""A directory into a `Pack`: parse once at the edge, then trust the type.

`load_pack` collects every problem of shape (a missing key, a limit that is no number) with file and line and raises them
together. Formulas and units are checked by `packs.lint`, which needs the catalogue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ecopark.core.text import Text
from ecopark.core.value import Scalar
from ecopark.errors import EcoparkError, PackError, Place, did_you_mean
from ecopark.indicators.factors import PackFactor
from ecopark.packs.model import (
    BASES,
    KINDS,
    RECORDED,
    Basis,
    Clause,
    Footnote,
    Group,
    LimitCase,
    OptionSet,
    Pack,
    Parameter,
    Requirement,
    Rule,
)
from ecopark.packs.reader import DirectoryReader, scalar
from ecopark.packs.yaml_lines import Map, load_yaml

OPERATORS = (">=", "<=", ">", "<", "==", "!=")
STATUSES = ("draft", "frame")
PACK_KEYS = {
    "id", "title", "issuer", "number", "status", "in_force", "supersedes", "superseded_by", "sources", "warning", "level",
    "recorded", "groups", "parameters", "factors", "option_sets", "footnotes", "verdict", "score",
}  # fmt: skip
LIMIT_KEYS = {"op", "value", "formula", "partly", "when", "from", "until", "otherwise", "none", "zh", "en"}
CLAUSE_KEYS = {
    "id", "no", "group", "kind", "option_set", "zh", "en", "unit", "direction", "indicator", "formula", "limit", "limits",
    "benchmark", "weight", "rounding", "allows_na", "basis", "reference", "sources", "note", "footnotes",
}  # fmt: skip


class UnknownPackError(EcoparkError):
    """No pack has this id."""


class _Reader(DirectoryReader):
    """Reads one pack directory and keeps the problems."""

    def scalar(self, node: Any, line: int, what: str) -> Scalar | None:
        if isinstance(node, bool):
            return node
        return self.number(node, line, what)

    def basis_word(self, node: Any, line: int) -> str:
        word = str(node or "recalled")
        if word not in BASES:
            self.problem(
                "unknown-basis",
                line,
                f"依据 {word!r} 不在 {', '.join(BASES)} 之内",
                f"basis {word!r} is none of {', '.join(BASES)}",
            )
            return "recalled"
        return word

    # -- clauses -------------------------------------------------------------------------------------------------------

    def requirement(self, node: Map) -> Requirement | None:
        op = str(node.get("op") or "")
        if op not in OPERATORS:
            self.problem(
                "unknown-operator",
                node.line_of("op"),
                f"比较符 {op!r} 无效",
                f"operator {op!r} is none of {' '.join(OPERATORS)}",
            )
            return None
        value = self.scalar(node.get("value"), node.line_of("value"), "limit")
        formula = str(node.get("formula") or "")
        if value is None and not formula:
            if "value" not in node:
                self.problem(
                    "limit-missing", node.line, "标准值缺 value 或 formula", "the limit has neither value nor formula"
                )
            return None
        partly = self.number(node.get("partly"), node.line_of("partly"), "partly")
        return Requirement(op, value, formula, partly)

    def limit_case(self, node: Any, line: int) -> LimitCase | None:
        if not isinstance(node, Map):
            self.problem("limit-shape", line, "标准值应为映射", "a limit is a mapping with op and value")
            return None
        self.unknown_keys(node, LIMIT_KEYS, "标准值", "a limit")
        years = tuple(self.whole(node.get(k), node.line_of(k), k, 1900, 2200) for k in ("from", "until"))
        when = str(node.get("when") or "")
        label = Text(str(node.get("zh") or ""), str(node.get("en") or ""))
        if "none" in node:
            return LimitCase(None, when, years[0], years[1], label, self.text(node["none"]))
        require = self.requirement(node)
        return None if require is None else LimitCase(require, when, years[0], years[1], label)

    def clause(self, node: Any, pack_id: str) -> Clause | None:
        if not isinstance(node, Map):
            self.problem("clause-shape", 0, "条款应为映射", "a clause is a mapping")
            return None
        self.unknown_keys(node, CLAUSE_KEYS, "条款", "a clause")
        tail = str(node.get("id") or "").strip()
        if not tail:
            self.problem("id-missing", node.line, "条款没有 id", "the clause has no id")
            return None
        kind = str(node.get("kind") or "")
        if kind not in KINDS:
            self.problem(
                "unknown-kind",
                node.line_of("kind"),
                f"条款类别 {kind!r} 无效",
                f"clause kind {kind!r} is none of {', '.join(KINDS)}",
            )
        direction = str(node.get("direction") or "higher")
        if direction not in ("higher", "lower", "flag"):
            self.problem(
                "unknown-direction", node.line_of("direction"), f"方向 {direction!r} 无效",
                f"direction {direction!r} is none of higher, lower, flag",
            )  # fmt: skip
        if kind != "frame" and not (node.get("formula") or node.get("indicator")):
            self.problem(
                "formula-missing", node.line, "条款没有公式或指标", "the clause has neither formula nor indicator"
            )
        entries = node.get("limits") or ([node["limit"]] if node.get("limit") else [])
        limits = [self.limit_case(e, node.line_of("limits")) for e in entries]
        basis = node.get("basis") or {}
        line = node.line_of("basis")
        words = basis if isinstance(basis, dict) else dict.fromkeys(("limit", "name", "formula"), basis)
        rounding = self.whole(node.get("rounding"), node.line_of("rounding"), "rounding", 0, 12)
        return Clause(
            id=f"{pack_id}/{tail}",
            label=Text(str(node.get("zh") or ""), str(node.get("en") or "")),
            kind=kind,
            formula=str(node.get("formula") or ""),
            unit=str(node.get("unit") or ""),
            direction=direction,
            group=str(node.get("group") or ""),
            indicator=str(node.get("indicator") or ""),
            limits=tuple(case for case in limits if case is not None),
            benchmark=self.number(node.get("benchmark"), node.line_of("benchmark"), "benchmark"),
            option_set=str(node.get("option_set") or ""),
            weight=self.number(node.get("weight"), node.line_of("weight"), "weight"),
            rounding=rounding,
            allows_na=node.get("allows_na") is True,
            basis=Basis(*(self.basis_word(words.get(part), line) for part in ("limit", "name", "formula"))),
            reference=str(node.get("reference") or ""),
            sources=self.strings(node.get("sources")),
            note=self.text(node.get("note")),
            footnotes=self.strings(node.get("footnotes")),
            place=Place(f"{self.folder.name}/clauses.yaml", line=node.line),
        )

    # -- the pack ------------------------------------------------------------------------------------------------------

    def rule(self, node: Any, line: int) -> Rule | None:
        if not isinstance(node, Map) or not node.get("rule"):
            self.problem("rule-shape", line, "规则应含 rule", "a rule is a mapping with the key rule")
            return None
        known = ("rule", "basis", "zh", "en")
        settings = tuple((k, _plain(v)) for k, v in node.items() if k not in known)
        return Rule(str(node["rule"]), settings, self.basis_word(node.get("basis"), node.line), self.text(node))

    def read(self) -> Pack | None:
        self.file = "pack.yaml"
        head = load_yaml(self.folder / "pack.yaml", f"{self.folder.name}/pack.yaml")
        if not isinstance(head, Map):
            self.problem("pack-shape", 1, "pack.yaml 应为映射", "pack.yaml is a mapping")
            return None
        pack_id = str(head.get("id") or "")
        if not pack_id or "/" in pack_id:
            self.problem("id-missing", head.line_of("id"), "缺少包 id", "the pack has no id, or one with a slash")
        status = str(head.get("status") or "draft")
        if status not in STATUSES:
            self.problem(
                "unknown-status", head.line_of("status"), f"状态 {status!r} 无效",
                f"status {status!r} is none of {', '.join(STATUSES)} (verified comes from verification records, not from here)",
            )  # fmt: skip
        recorded = str(head.get("recorded") or "whole")
        if recorded not in RECORDED:
            self.problem(
                "unknown-recorded", head.line_of("recorded"), f"recorded {recorded!r} 无效",
                f"recorded {recorded!r} is none of {', '.join(RECORDED)}",
            )  # fmt: skip
        self.unknown_keys(head, PACK_KEYS, "pack.yaml", "pack.yaml")
        force = head.get("in_force") or Map()
        if not isinstance(force, Map):
            line = head.line_of("in_force")
            self.problem(
                "in-force-shape", line, "in_force 应含 from 与 until", "in_force is a mapping with from and until"
            )
            force = Map()
        verdict = [self.rule(r, head.line_of("verdict")) for r in head.get("verdict") or []]
        score = self.rule(head["score"], head.line_of("score")) if head.get("score") else None
        groups = tuple(
            Group(
                str(g["id"]),
                self.text(g),
                self.number(g.get("weight"), g.line, "weight"),
                self.basis_word(g.get("basis"), g.line),
            )
            for g in self.entries(head, "groups")
        )
        options = tuple(
            OptionSet(
                str(o["id"]), tuple(f"{pack_id}/{c}" for c in self.strings(o.get("clauses"))), 
                self.whole(o.get("need"), o.line_of("need"), "need", 1, 100) or 1,
                self.text(o), self.basis_word(o.get("basis"), o.line),
            )
            for o in self.entries(head, "option_sets")
        )  # fmt: skip
        footnotes = tuple(
            Footnote(
                str(f["id"]), str(f.get("rule") or ""), self.text(f), self.basis_word(f.get("basis"), f.line),
                tuple((k, _plain(v)) for k, v in f.items() if k not in ("id", "rule", "basis", "zh", "en")),
            )
            for f in self.entries(head, "footnotes")
        )  # fmt: skip
        parameters = tuple(
            Parameter(str(p["id"]), scalar(p.get("default")), self.text(p)) for p in self.entries(head, "parameters")
        )
        factors = []
        for f in self.entries(head, "factors"):
            value = self.number(f.get("value"), f.line_of("value"), "factor")
            if value is not None:
                factors.append(PackFactor(str(f["id"]), value, str(f.get("unit") or "1"), str(f.get("source") or "")))
        self.file = "clauses.yaml"
        body = load_yaml(self.folder / "clauses.yaml", f"{self.folder.name}/clauses.yaml")
        entries = body.get("clauses") if isinstance(body, Map) else body
        clauses = [self.clause(e, pack_id) for e in entries or []]
        return Pack(
            id=pack_id,
            title=self.text(head.get("title")),
            issuer=self.text(head.get("issuer")),
            number=str(head.get("number") or ""),
            status=status,
            clauses=tuple(c for c in clauses if c is not None),
            groups=groups,
            option_sets=options,
            footnotes=footnotes,
            parameters=parameters,
            factors=tuple(factors),
            verdict=tuple(r for r in verdict if r is not None),
            score=score,
            in_force_from=str(force.get("from") or ""),
            in_force_until=str(force.get("until") or ""),
            supersedes=self.strings(head.get("supersedes")),
            superseded_by=str(head.get("superseded_by") or ""),
            sources=self.strings(head.get("sources")),
            warning=self.text(head.get("warning")),
            level=str(head.get("level") or "park"),
            recorded=recorded,
            folder=str(self.folder),
            hash=pack_hash(self.folder),
        )


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return tuple((k, _plain(v)) for k, v in node.items())
    if isinstance(node, list):
        return tuple(_plain(v) for v in node)
    return node


def pack_hash(folder: Path) -> str:
    """Hash of what decides: pack.yaml and clauses.yaml, line ends made equal."""
    digest = hashlib.sha256()
    for name in ("pack.yaml", "clauses.yaml"):
        path = folder / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def load_pack(folder: Path | str) -> Pack:
    """Read a pack directory.

    Raises
    ------
    PackError
        With every problem of shape, each with file and line.
    """
    reader = _Reader(Path(folder))
    pack = reader.read()
    if reader.problems or pack is None:
        raise PackError(reader.problems)
    return pack


def shipped_folder() -> Path:
    """The directory of the packs that ship with ecopark."""
    with as_file(files("ecopark.standards") / "data") as folder:
        return folder


@cache
def _shipped(pack_id: str) -> Pack:
    return load_pack(shipped_folder() / pack_id)


@cache
def shipped_ids() -> tuple[str, ...]:
    """Ids of the packs that ship with ecopark."""
    return tuple(sorted(p.parent.name for p in shipped_folder().glob("*/pack.yaml")))


def find_pack(name: str, extra: Sequence[Path] = ()) -> Pack:
    """A pack by id (of those shipped, or in one of the `extra` directories) or by the path of its directory.

    Raises
    ------
    UnknownPackError
        No such pack; the nearest ids are offered.
    """
    for base in extra:
        if (base / name / "pack.yaml").exists():
            return load_pack(base / name)
    if name in shipped_ids():
        return _shipped(name)
    if (Path(name) / "pack.yaml").exists():
        return load_pack(name)
    hint = did_you_mean(name, shipped_ids())
    raise UnknownPackError(
        f"unknown pack '{name}'. {hint} See: ecopark packs list".replace("  ", " "),
        zh=f"没有标准“{name}”。{did_you_mean(name, shipped_ids(), lang='zh')}可用 ecopark packs list 查看。",
    )
