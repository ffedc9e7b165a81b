"""A policy directory into a `Policy`; every problem with file and line.

The park's own file `policy/<id>.yaml` may replace rules, add some, and set parameters: that is how a zone fills in what a
shipped policy leaves open.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ecopark.admission import capacity_rules, joint_review, place_rules, quota_rules, review_rules, rules
from ecopark.admission.policy import EFFECTS, RULE_KINDS, Movable, Policy, PolicyRule
from ecopark.admission.ratios import Ratio, ratio_from, shared_ratios
from ecopark.core.text import Text
from ecopark.core.unit import unit
from ecopark.core.value import Scalar
from ecopark.errors import EcoparkError, PackError, did_you_mean
from ecopark.indicators.resolve import compiled
from ecopark.observations.quantity import catalogue
from ecopark.packs.model import BASES, Parameter
from ecopark.packs.reader import DirectoryReader, scalar
from ecopark.packs.yaml_lines import Map, load_yaml

KINDS_FROM = (rules, place_rules, capacity_rules, quota_rules, review_rules, joint_review)
"""The modules whose kinds of rules are known."""
STATUSES = ("draft", "frame")
POLICY_KEYS = {
    "id", "title", "issuer", "number", "status", "in_force", "sources", "warning", "parameters", "ratios", "movable",
    "fixed", "invented",
}  # fmt: skip
COMMON_KEYS = {
    "id", "kind", "zh", "en", "clause", "source", "basis", "effect", "note", "from", "until", "to_fill",
}  # fmt: skip


_DAY = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


class UnknownPolicyError(EcoparkError):
    """No policy has this id."""


class _Reader(DirectoryReader):
    """Reads one policy directory and keeps the problems; what the kinds of rules see as `Source`."""

    def __init__(self, folder: Path, name: str = "") -> None:
        super().__init__(folder, name)
        self.policy_id = ""
        self.ratios: dict[str, Ratio] = dict(shared_ratios())
        self.parameters: tuple[tuple[str, Scalar], ...] = ()

    def formula(self, text: str, unit: str | None, line: int) -> str:
        """The formula, checked for names and units."""
        try:
            compiled(text, unit, self.parameters)
        except EcoparkError as error:
            self.problem("formula", line, f"公式 {text!r}：{error}", f"formula {text!r}: {error}")
        return text

    # -- policy.yaml ---------------------------------------------------------------------------------------------------

    def head(self) -> Policy:
        self.file = "policy.yaml"
        head = load_yaml(self.folder / self.file, f"{self.name}/{self.file}")
        if not isinstance(head, Map):
            self.problem("policy-shape", 1, "policy.yaml 应为映射", "policy.yaml is a mapping")
            raise PackError(self.problems)
        self.unknown_keys(head, POLICY_KEYS, "policy.yaml", "policy.yaml")
        self.policy_id = str(head.get("id") or "")
        if not self.policy_id or "/" in self.policy_id:
            self.problem("id-missing", head.line_of("id"), "缺少政策 id", "the policy has no id, or one with a slash")
        title = self.text(head.get("title"))
        if not (title.zh and title.en):
            self.problem(
                "label-missing", head.line_of("title"), "缺中文或英文标题", "a title in zh and in en is needed"
            )
        status = str(head.get("status") or "draft")
        if status not in STATUSES:
            zh, en = f"状态 {status!r} 无效", f"status {status!r} is none of {', '.join(STATUSES)}"
            self.problem("unknown-status", head.line_of("status"), zh, en)
        given = head.get("in_force")
        force = given if isinstance(given, Map) else Map()
        parameters = tuple(
            Parameter(str(p["id"]), scalar(p.get("default")), self.text(p)) for p in self.entries(head, "parameters")
        )
        self.parameters = tuple(sorted((p.id, p.default) for p in parameters))
        own = tuple(self._ratio(r) for r in self.entries(head, "ratios"))
        self.ratios |= {r.id: r for r in own}
        return Policy(
            id=self.policy_id,
            title=title,
            issuer=self.text(head.get("issuer")),
            status=status,
            rules=(),
            warning=self.text(head.get("warning")),
            number=str(head.get("number") or ""),
            in_force_from=str(force.get("from") or ""),
            in_force_until=str(force.get("until") or ""),
            sources=self.strings(head.get("sources")),
            own_ratios=own,
            parameters=parameters,
            movable=self._movable(head),
            fixed=tuple(self._known_name(n, head.line_of("fixed")) for n in self.strings(head.get("fixed"))),
            folder=str(self.folder),
            hash=policy_hash(self.folder),
        )

    def _ratio(self, node: Map) -> Ratio:
        made = ratio_from(node)
        try:
            unit(made.unit)
        except EcoparkError as error:
            self.problem("unit", node.line_of("unit"), str(error), str(error))
            return made
        if made.formula:
            self.formula(made.formula, made.unit, node.line_of("formula"))
        return made

    def _known_name(self, name: str, line: int) -> str:
        if name not in self.ratios and name not in catalogue():
            hint = did_you_mean(name, [*self.ratios, *catalogue().names])
            self.problem(
                "unknown-quantity",
                line,
                f"没有数据项或比率 '{name}'",
                f"unknown quantity or ratio '{name}'.",
                hint,
                hint,
            )
            return name
        return name if name in self.ratios else catalogue()[name].id

    def _movable(self, head: Map) -> tuple[Movable, ...]:
        made = []
        for node in self.entries(head, "movable", ("quantity", "id")):
            self.unknown_keys(node, {"quantity", "weight", "low", "high", "down", "up"}, "movable", "movable")
            values = {k: self.number(node.get(k), node.line_of(k), k) for k in ("weight", "low", "high", "down", "up")}
            weight = values.pop("weight")
            if weight is not None and weight <= 0:
                self.problem("limit-not-a-number", node.line_of("weight"), "weight 应为正数", "weight is above zero")
                weight = None
            name = self._known_name(str(node.get("quantity") or ""), node.line_of("quantity"))
            made.append(Movable(name, weight or Fraction(1), **values))
        return tuple(made)

    # -- rules.yaml ----------------------------------------------------------------------------------------------------

    def rules_of(self, body: Any) -> list[PolicyRule]:
        entries = body.get("rules") if isinstance(body, Map) else body
        if not isinstance(entries, list):
            self.problem("rules-shape", 1, f"{self.file} 应为规则列表", f"{self.file} is a list of rules")
            return []
        made = [self.rule(node) for node in entries]
        found = [rule for rule in made if rule is not None]
        seen: set[str] = set()
        for rule in found:
            if rule.id in seen:
                zh, en = f"规则编号 {rule.tail} 重复", f"the rule id {rule.tail} is used twice"
                self.problem("duplicate-rule", rule.place.line or 0, zh, en)
            seen.add(rule.id)
        return found

    def rule(self, node: Any) -> PolicyRule | None:
        if not isinstance(node, Map):
            self.problem("rule-shape", 0, "规则应为映射", "a rule is a mapping")
            return None
        tail = str(node.get("id") or "").strip()
        kind = RULE_KINDS.get(str(node.get("kind") or ""))
        if not tail:
            self.problem("id-missing", node.line, "规则没有 id", "the rule has no id")
            return None
        if kind is None:
            hint = did_you_mean(str(node.get("kind") or ""), list(RULE_KINDS))
            self.problem(
                "unknown-rule-kind", node.line_of("kind"), f"规则 {tail}：类别 {node.get('kind')!r} 无效",
                f"rule {tail}: kind {node.get('kind')!r} is none of {', '.join(RULE_KINDS)}.", hint, hint,
            )  # fmt: skip
            return None
        self.unknown_keys(node, COMMON_KEYS | set(kind.keys), f"规则 {tail}", f"rule {tail}")
        label = Text(str(node.get("zh") or ""), str(node.get("en") or ""))
        if not (label.zh and label.en):
            self.problem(
                "label-missing",
                node.line,
                f"规则 {tail}：缺中文或英文名称",
                f"rule {tail}: a label in zh and in en is needed",
            )
        for key, known, zh in (("basis", BASES, "依据"), ("effect", EFFECTS, "效果")):
            word = str(node.get(key) or (BASES[-1] if key == "basis" else EFFECTS[0]))
            if word not in known:
                self.problem(
                    f"unknown-{key}",
                    node.line_of(key),
                    f"规则 {tail}：{zh} {word!r} 无效",
                    f"rule {tail}: {key} {word!r} is none of {', '.join(known)}",
                )
        to_fill = node.get("to_fill") is True
        return PolicyRule(
            id=f"{self.policy_id}/{tail}",
            kind=kind.name,
            label=label,
            clause=str(node.get("clause") or ""),
            basis=str(node.get("basis") or "recalled"),
            effect=str(node.get("effect") or "refuse"),
            source=str(node.get("source") or ""),
            note=self.text(node.get("note")),
            since=self.day(node, "from"),
            until=self.day(node, "until"),
            to_fill=to_fill,
            spec=None if to_fill else kind.read(node, self),
            place=self.place(node.line),
        )

    def day(self, node: Map, key: str) -> str:
        """A year or a day of an entry; empty if it has none."""
        text = str(node.get(key) or "")
        if text and not _DAY.fullmatch(text):
            self.problem(
                "bad-period",
                node.line_of(key),
                f"{key} 应为年份或日期",
                f"{key} is a year or a date such as 2024-07-01",
            )
            return ""
        return text


def policy_hash(folder: Path, overlay: Path | None = None) -> str:
    """Hash of what decides: policy.yaml, rules.yaml and the park's own file, line ends made equal."""
    digest = hashlib.sha256()
    for path in (folder / "policy.yaml", folder / "rules.yaml", *([overlay] if overlay else [])):
        if path.exists():
            digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def load_policy(folder: Path | str, overlay: Path | None = None) -> Policy:
    """Read a policy directory, and the park's own additions.

    Raises
    ------
    PackError
        With every problem, each with file and line.
    """
    reader = _Reader(Path(folder))
    policy = reader.head()
    reader.file = "rules.yaml"
    found = reader.rules_of(load_yaml(reader.folder / "rules.yaml", f"{reader.name}/rules.yaml"))
    if overlay is not None:
        reader.name, reader.file = "", str(overlay)
        own = load_yaml(overlay, str(overlay))
        if isinstance(own, Map) and isinstance(own.get("parameters"), Map):
            given = own["parameters"]
            known = {p.id for p in policy.parameters}
            for key in set(given) - known:
                hint = did_you_mean(key, sorted(known))
                reader.problem(
                    "unknown-key", given.line_of(key), f"没有参数 '{key}'", f"unknown parameter '{key}'.", hint, hint
                )
            parameters = tuple(replace(p, default=scalar(given.get(p.id, p.default))) for p in policy.parameters)
            policy = replace(policy, parameters=parameters)
        more = reader.rules_of(own) if not isinstance(own, Map) or own.get("rules") else []
        by_id = {rule.id: rule for rule in more}
        found = [by_id.pop(rule.id, rule) for rule in found] + list(by_id.values())
        policy = replace(policy, hash=policy_hash(reader.folder, overlay))
    if reader.problems:
        raise PackError(reader.problems)
    return replace(policy, rules=tuple(found))


def shipped_folder() -> Path:
    """The directory of the policies that ship with ecopark."""
    with as_file(files("ecopark.admission") / "data") as folder:
        return folder


def shipped_policies() -> list[str]:
    """Ids of the policies that ship with ecopark."""
    return sorted(p.parent.name for p in shipped_folder().glob("*/policy.yaml"))


@cache
def _shipped(name: str) -> Policy:
    return load_policy(shipped_folder() / name)


def find_policy(name: str | Path, *, park: Path | None = None, extra: Sequence[Path] = ()) -> Policy:
    """A policy by id or by its directory, with what the park folder adds to it.

    Raises
    ------
    UnknownPolicyError
        No such policy; the nearest ids are offered.
    PackError
        It cannot be used.
    """
    folder: Path | None = None
    for base in (*([park / "policy"] if park else []), *extra):
        if (base / str(name) / "policy.yaml").is_file():
            folder = base / str(name)
    if folder is None and str(name) in shipped_policies():
        folder = shipped_folder() / str(name)
    if folder is None and (Path(name) / "policy.yaml").is_file():
        folder = Path(name)
    if folder is None:
        hint = did_you_mean(str(name), shipped_policies())
        known = ", ".join(shipped_policies())
        raise UnknownPolicyError(
            f"unknown policy '{name}'. {hint} There are: {known}".replace("  ", " "),
            zh=f"没有准入政策“{name}”。{did_you_mean(str(name), shipped_policies(), lang='zh')}现有：{known}",
        )
    overlay = park / "policy" / f"{folder.name}.yaml" if park else None
    if overlay is not None and overlay.is_file():
        return load_policy(folder, overlay)
    return _shipped(folder.name) if folder.parent == shipped_folder() else load_policy(folder)
