"""A directory into a `Method`: parse once at the edge, then trust the type.

    my-method/
      method.yaml   id, title, groups with items, cut-offs, vetoes, exemptions, consequences
      cases/*.yaml  worked examples with expected points
      NOTES.md      how unclear rules were read, what is left out

Everything wrong is collected and raised once, with file and line. Indicators that several methods share stand in
`data/indicators.yaml`; a method may add its own or put another one in their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.text import Text
from ecopark.core.unit import unit
from ecopark.errors import EcoparkError, FormulaError, PackError, Place, Problem, did_you_mean
from ecopark.expr.expand import expand
from ecopark.expr.fit import FLAG, Fitted, Sort, fit
from ecopark.expr.nodes import Leaf
from ecopark.expr.parse import parse
from ecopark.grading.method import (
    CUTOFF_KINDS,
    GROUP_BEST,
    GROUP_MEAN,
    MISSING_RULES,
    Adjustment,
    Class,
    ClassRule,
    Consequence,
    Cutoffs,
    Group,
    Indicator,
    Input,
    Item,
    LastYear,
    Method,
    MissingRule,
)
from ecopark.grading.score import SCORE_TYPES
from ecopark.indicators.resolve import unit_of
from ecopark.packs.model import BASES
from ecopark.packs.yaml_lines import Map, load_yaml

METHOD_KEYS = {
    "id",
    "title",
    "place",
    "year",
    "status",
    "sources",
    "warning",
    "indicators",
    "inputs",
    "groups",
    "cutoffs",
    "adjustments",
    "vetoes",
    "floors",
    "exemptions",
    "consequences",
    "rank_within",
    "weights_total",
    "in_force",
    "objection_days",
}
ITEM_KEYS = {"indicator", "score", "base", "weight", "cap", "floor", "low", "high", "missing", "basis", "zh", "en"}
GROUP_KEYS = {"id", "zh", "en", "aliases", "when", "items", "follows", "basis", "scope"}
SCOPE_KEYS = {"id", "zh", "en", "when", "basis"}
INDICATOR_KEYS = {"id", "zh", "en", "unit", "formula", "direction", "aliases", "basis", "note"}
RULE_KEYS = {"id", "zh", "en", "when", "grade", "treated_as", "unless_vetoed", "basis"}
ADJUSTMENT_KEYS = {"id", "zh", "en", "kind", "when", "points", "cap", "groups", "basis"}
CONSEQUENCE_KEYS = {"grade", "item", "amount", "unit", "zh", "en", "basis", "source"}
STATUSES = ("published", "draft")


class UnknownMethodError(EcoparkError):
    """No grading method has this id."""


class _Reader:
    """Reads one method directory and keeps the problems."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.file = "method.yaml"
        self.inputs: dict[str, Input] = {}

    def problem(self, code: str, line: int, zh: str, en: str, hint: str = "") -> None:
        self.problems.append(
            Problem(code, Place(f"{self.folder.name}/{self.file}", line=line or None), zh, en, "", hint)
        )

    # -- small pieces --------------------------------------------------------------------------------------------------

    def maps(self, head: Map, key: str, known: set[str]) -> list[Map]:
        """The mappings of a list; anything else, and unknown keys, are problems."""
        nodes = head.get(key) or []
        found = []
        for node in nodes if isinstance(nodes, list) else [nodes]:
            if not isinstance(node, Map):
                self.problem(
                    "shape", head.line_of(key), f"{key} 的每一项应为映射", f"every entry of {key} is a mapping"
                )
                continue
            self.known(node, known, key)
            found.append(node)
        return found

    def known(self, node: Map, known: set[str], where: str) -> None:
        for key in sorted(set(node) - known):
            hint = did_you_mean(key, sorted(known))
            self.problem(
                "unknown-key",
                node.line_of(key),
                f"{where} 中有未知的键 '{key}'",
                f"unknown key '{key}' in {where}.",
                hint,
            )

    def text(self, node: Any) -> Text:
        if isinstance(node, dict):
            return Text(str(node.get("zh") or ""), str(node.get("en") or ""))
        return Text("", str(node)) if node else Text()

    def number(self, node: Map, key: str) -> Fraction | None:
        given = node.get(key)
        if given is None or given == "":
            return None
        try:
            return exact(str(given))
        except (ValueError, ZeroDivisionError):
            self.problem(
                "not-a-number", node.line_of(key), f"{key} {given!r} 不是数字", f"{key} {given!r} is no number"
            )
            return None

    def basis(self, node: Map, default: str = "recalled") -> str:
        word = str(node.get("basis") or default)
        if word not in BASES:
            self.problem(
                "unknown-basis",
                node.line_of("basis"),
                f"依据 {word!r} 无效",
                f"basis {word!r} is none of {', '.join(BASES)}",
            )
            return "recalled"
        return word

    def one_of(self, node: Map, key: str, default: str, words: tuple[str, ...] | list[str]) -> str:
        word = str(node.get(key) or default)
        if word not in words:
            hint = did_you_mean(word, list(words))
            line = node.line_of(key)
            self.problem(
                "unknown-word", line, f"{key} {word!r} 无效", f"{key} {word!r} is none of {', '.join(words)}.", hint
            )
            return default
        return word

    def strings(self, node: Any) -> tuple[str, ...]:
        if node is None or node == "":
            return ()
        return tuple(str(n) for n in node) if isinstance(node, list) else (str(node),)

    # -- formulas ------------------------------------------------------------------------------------------------------

    def unit_of(self, leaf: Leaf) -> Sort:
        if leaf.kind == "name" and leaf.name in self.inputs:
            given = self.inputs[leaf.name]
            return FLAG if given.kind == "flag" else unit(given.unit)
        try:
            return unit_of(leaf)
        except FormulaError as error:
            hint = did_you_mean(leaf.name, list(self.inputs))
            raise FormulaError(f"{error} {hint}".strip()) from None

    def formula(self, text: str, target: str | None, line: int) -> Fitted | None:
        try:
            return fit(expand(parse(text), {}), self.unit_of, target)
        except EcoparkError as error:
            self.problem("formula", line, f"公式有误：{error}", f"formula: {error}")
            return None

    def condition(self, node: Map, key: str = "when") -> tuple[str, Fitted | None]:
        text = node.get(key)
        text = "" if text is None else str(text)
        if not text:
            return "", None
        fitted = self.formula(text, None, node.line_of(key))
        if fitted is not None and fitted.sort != FLAG:
            self.problem("formula", node.line_of(key), f"“{text}”不是条件", f"'{text}' is no condition")
            return text, None
        return text, fitted

    # -- parts ---------------------------------------------------------------------------------------------------------

    def indicator(self, node: Map) -> Indicator | None:
        name = str(node.get("id") or "")
        unit_text = str(node.get("unit") or "1")
        if not name:
            self.problem("id-missing", node.line, "指标没有 id", "the indicator has no id")
            return None
        try:
            unit(unit_text)
        except EcoparkError as error:
            self.problem("unknown-unit", node.line_of("unit"), f"{error}", f"{error}")
            return None
        formula = str(node.get("formula") or "")
        return Indicator(
            name,
            self.text(node),
            unit_text,
            formula,
            self.one_of(node, "direction", "higher", ("higher", "lower")),
            self.strings(node.get("aliases")),
            self.basis(node),
            self.text(node.get("note")),
            self.formula(formula, unit_text, node.line_of("formula")) if formula else None,
        )

    def base(self, node: Map) -> Fraction | str | LastYear | None:
        given = node.get("base")
        if given in (GROUP_MEAN, GROUP_BEST):
            return str(given)
        if isinstance(given, Map):
            self.known(given, {"last_year_mean"}, "base")
            times = self.number(given, "last_year_mean") or Fraction(0)
            if times <= 0:
                en = "base: {last_year_mean: 2} is a positive number of times last year's mean"
                self.problem("bad-base", node.line_of("base"), "上年平均值的倍数应大于零", en)
            return LastYear(times)
        return self.number(node, "base")

    def missing(self, node: Any, line: int) -> MissingRule:
        if node is None:
            return MissingRule()
        if not isinstance(node, Map):
            node = Map({"rule": node})
            node.line = line
        rule = self.one_of(node, "rule", "undetermined", MISSING_RULES)
        points = self.number(node, "points")
        if rule == "points" and points is None:
            self.problem("not-a-number", line, "缺项扣分没有分值", "the missing-value rule 'points' has no points")
        return MissingRule(rule, points or Fraction(0), self.basis(node), self.text(node))

    def item(self, node: Map, indicators: Mapping[str, Indicator]) -> Item | None:
        name = str(node.get("indicator") or "")
        indicator = indicators.get(name)
        if indicator is None:
            hint = did_you_mean(name, list(indicators))
            self.problem("unknown-indicator", node.line, f"没有指标 '{name}'", f"unknown indicator '{name}'.", hint)
            return None
        score = self.one_of(node, "score", "ratio", list(SCORE_TYPES))
        base, weight = self.base(node), self.number(node, "weight")
        if isinstance(base, Fraction) and base <= 0:
            self.problem("bad-base", node.line_of("base"), f"{name}：基准值应大于零", f"{name}: the base is positive")
        if weight is not None and weight < 0:
            self.problem("bad-weight", node.line_of("weight"), f"{name}：权重为负", f"{name}: the weight is negative")
        if score == "inverse_linear" and indicator.direction == "higher":
            self.problem(
                "direction",
                node.line,
                f"{name}：逆向计分用于越低越好的指标",
                f"{name}: inverse_linear needs direction lower",
            )
        return Item(
            indicator,
            score,
            base,
            weight,
            self.number(node, "cap"),
            self.number(node, "floor"),
            self.number(node, "low"),
            self.number(node, "high"),
            self.missing(node.get("missing"), node.line_of("missing")),
            self.basis(node),
            self.text(node),
            Place(f"{self.folder.name}/{self.file}", line=node.line),
        )

    def group(self, node: Map, indicators: Mapping[str, Indicator], total: Fraction | None) -> Group | None:
        name = str(node.get("id") or "")
        if not name:
            self.problem("id-missing", node.line, "分组没有 id", "the group has no id")
            return None
        items = [self.item(i, indicators) for i in self.maps(node, "items", ITEM_KEYS)]
        known = tuple(i for i in items if i is not None)
        ids = [i.id for i in known]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            self.problem(
                "duplicate-item", node.line, f"{name}：指标 {twice} 重复", f"{name}: {twice} stands there twice"
            )
        weights = [i.weight for i in known if i.score != "rank_only"]
        if total is not None and weights and None not in weights:
            found = sum((w for w in weights if w is not None), Fraction(0))
            if found != total:
                self.problem(
                    "weights-do-not-add-up",
                    node.line,
                    f"{name}：权重合计 {found}，应为 {total}",
                    f"{name}: the weights add up to {found}, not {total}",
                )
        text, fitted = self.condition(node)
        return Group(
            name,
            self.text(node),
            known,
            self.strings(node.get("aliases")),
            text,
            fitted,
            str(node.get("follows") or ""),
            self.basis(node),
            tuple(r for n in self.maps(node, "scope", SCOPE_KEYS) if (r := self.rule(n)) is not None),
        )

    def cutoffs(self, node: Any, line: int) -> Cutoffs | None:
        if not node:
            return None
        if not isinstance(node, Map):
            self.problem("shape", line, "cutoffs 应为映射", "cutoffs is a mapping")
            return None
        self.known(node, {"kind", "classes", "ties", "basis"}, "cutoffs")
        kind = self.one_of(node, "kind", "shares", CUTOFF_KINDS)
        key = {"shares": "to", "scores": "from", "ranks": "to"}[kind]
        classes = []
        for entry in self.maps(node, "classes", {"id", "zh", "en", key}):
            classes.append(Class(str(entry.get("id") or ""), self.text(entry), self.number(entry, key)))
        limits = [c.limit for c in classes]
        for problem in check_cutoffs(kind, classes):
            self.problem("bad-cutoffs", node.line, problem.zh, problem.en)
        if kind == "shares" and limits and limits[-1] == 100:
            classes[-1] = Class(classes[-1].id, classes[-1].label, None)
        ties = self.one_of(node, "ties", "best", ("best", "worst"))
        return Cutoffs(kind, tuple(classes), ties, self.basis(node))

    def rule(self, node: Map) -> ClassRule | None:
        text, fitted = self.condition(node)
        if fitted is None:
            if not text:
                self.problem("formula", node.line, "规则没有条件", "the rule has no condition (when)")
            return None
        grade = str(node.get("grade") or "")
        treated, unless = str(node.get("treated_as") or ""), node.get("unless_vetoed") is True
        return ClassRule(
            str(node.get("id") or ""), self.text(node), text, fitted, grade, treated, unless, self.basis(node)
        )

    def adjustment(self, node: Map) -> Adjustment | None:
        when_text, when = self.condition(node)
        points_text = str(node.get("points") or "")
        points = self.formula(points_text, "1", node.line_of("points")) if points_text else None
        if points is None:
            if not points_text:
                self.problem("formula", node.line, "加减分没有分值", "the bonus or malus has no points")
            return None
        kind = self.one_of(node, "kind", "bonus", ("bonus", "malus"))
        return Adjustment(
            str(node.get("id") or ""),
            self.text(node),
            kind,
            points,
            points_text,
            when,
            when_text,
            self.number(node, "cap"),
            self.strings(node.get("groups")),
            self.basis(node),
        )

    def read(self) -> Method | None:
        head = load_yaml(self.folder / "method.yaml", f"{self.folder.name}/method.yaml")
        if not isinstance(head, Map):
            self.problem("shape", 1, "method.yaml 应为映射", "method.yaml is a mapping")
            return None
        self.known(head, METHOD_KEYS, "method.yaml")
        name = str(head.get("id") or "")
        if not name or "/" in name:
            self.problem("id-missing", head.line_of("id"), "缺少方法 id", "the method has no id, or one with a slash")
        for node in self.maps(head, "inputs", {"id", "zh", "en", "kind", "unit"}):
            made = Input(
                str(node.get("id") or ""),
                self.text(node),
                self.one_of(node, "kind", "flag", ("flag", "number")),
                str(node.get("unit") or ("1" if node.get("kind") == "number" else "")),
            )
            self.inputs[made.id] = made
        indicators = dict(shared_indicators())
        for node in self.maps(head, "indicators", INDICATOR_KEYS):
            if (own := self.indicator(node)) is not None:
                indicators[own.id] = own
        days = self.number(head, "objection_days")
        total = self.number(head, "weights_total") if "weights_total" in head else Fraction(100)
        groups = [self.group(n, indicators, total) for n in self.maps(head, "groups", GROUP_KEYS)]
        made_groups = tuple(g for g in groups if g is not None)
        if not made_groups:
            self.problem("no-groups", head.line_of("groups"), "没有分组", "the method has no groups")
        cutoffs = self.cutoffs(head.get("cutoffs"), head.line_of("cutoffs"))
        used = {i.id for g in made_groups for i in g.items}
        consequences = tuple(
            Consequence(
                str(n.get("grade") or ""),
                str(n.get("item") or ""),
                self.number(n, "amount"),
                str(n.get("unit") or ""),
                self.text(n),
                self.basis(n),
                str(n.get("source") or ""),
            )
            for n in self.maps(head, "consequences", CONSEQUENCE_KEYS)
        )
        rules = {
            key: tuple(r for n in self.maps(head, key, RULE_KEYS) if (r := self.rule(n)) is not None)
            for key in ("vetoes", "floors", "exemptions")
        }
        for key in ("vetoes", "floors"):
            for rule in rules[key]:
                if cutoffs is not None and rule.grade not in cutoffs.ids:
                    line = head.line_of(key)
                    self.problem(
                        "unknown-class", line, f"{key}：没有类别 {rule.grade}", f"{key}: no class '{rule.grade}'"
                    )
        adjustments = tuple(
            a for n in self.maps(head, "adjustments", ADJUSTMENT_KEYS) if (a := self.adjustment(n)) is not None
        )
        return Method(
            id=name,
            title=self.text(head.get("title")),
            place=self.text(head.get("place")),
            year=str(head.get("year") or ""),
            status=self.one_of(head, "status", "draft", STATUSES),
            groups=made_groups,
            indicators={k: v for k, v in indicators.items() if k in used},
            cutoffs=cutoffs,
            inputs=tuple(self.inputs.values()),
            adjustments=adjustments,
            vetoes=rules["vetoes"],
            floors=rules["floors"],
            exemptions=rules["exemptions"],
            consequences=consequences,
            rank_within=self.one_of(head, "rank_within", "group", ("group", "all")),
            sources=self.strings(head.get("sources")),
            warning=self.text(head.get("warning")),
            objection_days=None if days is None else int(days),
            folder=str(self.folder),
            hash=_hash(self.folder),
        )


def check_cutoffs(kind: str, classes: list[Class]) -> list[Text]:
    """What is wrong with class limits: none, not in order, shares that do not add up to 100."""
    if len(classes) < 2:
        return [Text("至少要有两类", "there are at least two classes")]
    found = []
    limits = [c.limit for c in classes[:-1]]
    last = classes[-1].limit
    if None in limits:
        found.append(Text("只有最后一类可以没有界限", "only the last class may lack a limit"))
        return found
    known = [x for x in limits if x is not None]
    rising = all(a < b for a, b in pairwise(known))
    falling = all(a > b for a, b in pairwise(known))
    ordered = falling if kind == "scores" else rising
    if not ordered:
        found.append(Text("界限没有按次序排列", "the limits are not in order, best class first"))
    if kind == "shares" and (any(not 0 < x < 100 for x in known) or (last is not None and last != 100)):
        found.append(Text("比例界限应在 0 与 100 之间，末类为 100", "shares lie between 0 and 100 and end at 100"))
    return found


def _hash(folder: Path) -> str:
    path = folder / "method.yaml"
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16] if path.exists() else ""


def data_folder() -> Path:
    """The directory of the methods that ship with ecopark."""
    with as_file(files("ecopark.grading") / "data") as folder:
        return folder


@cache
def shared_indicators() -> dict[str, Indicator]:
    """The indicators that several methods use, by id.

    Raises
    ------
    PackError
        The file is wrong.
    """
    reader = _Reader(data_folder())
    reader.file = "indicators.yaml"
    head = load_yaml(data_folder() / "indicators.yaml", "indicators.yaml")
    found = [reader.indicator(n) for n in reader.maps(head, "indicators", INDICATOR_KEYS)]
    if reader.problems:
        raise PackError(reader.problems)
    return {i.id: i for i in found if i is not None}


@cache
def substitutes() -> dict[str, str]:
    """Quantities that stand in for others where those were not given: land in km2 for land in mu."""
    head = load_yaml(data_folder() / "indicators.yaml", "indicators.yaml")
    return {str(k): str(v) for k, v in (head.get("substitutes") or {}).items()}


def load_method(folder: Path | str) -> Method:
    """Read a method directory.

    Raises
    ------
    PackError
        With every problem, each with file and line.
    """
    reader = _Reader(Path(folder))
    method = reader.read()
    if reader.problems or method is None:
        raise PackError(reader.problems)
    return method


def shipped_methods() -> list[str]:
    """Ids of the methods that ship with ecopark."""
    return sorted(p.parent.name for p in data_folder().glob("*/method.yaml"))


@cache
def _shipped(method_id: str) -> Method:
    return load_method(data_folder() / method_id)


def find_method(name: str) -> Method:
    """A method by id, or by the path of its directory.

    Raises
    ------
    UnknownMethodError
        There is none; the nearest ids are offered.
    """
    if name in shipped_methods():
        return _shipped(name)
    folder = Path(name)
    if folder.name == "method.yaml":
        folder = folder.parent
    if (folder / "method.yaml").exists():
        return load_method(folder)
    known = shipped_methods()
    near = did_you_mean(name.replace("_", "-"), known)
    raise UnknownMethodError(
        f"unknown grading method '{name}'. {near} There are: {', '.join(known)}".replace("  ", " "),
        zh=f"没有评价办法“{name}”。{did_you_mean(name, known, lang='zh')}现有：{', '.join(known)}",
    )
