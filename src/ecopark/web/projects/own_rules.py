"""The rules a park fills in itself: checked one by one, kept as editions, put over the policy as the library reads it.

Nothing is overwritten. Every save makes a new edition of all the park's own rules of a policy, with who, when, why, and the
rule before and after; going back makes one more.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from ecopark.admission.industry import industries, nearest
from ecopark.admission.load import load_policy
from ecopark.admission.policy import Policy, PolicyRule
from ecopark.core.text import Text
from ecopark.errors import EcoparkError, InputError, PackError, Place, Problem
from ecopark.packs.yaml_lines import Map, load_yaml
from ecopark.web import own_directories as directories
from ecopark.web.parks.models import Park
from ecopark.web.projects import policies
from ecopark.web.projects.models import RuleEdition
from ecopark.web.projects.steps import ConflictError

MOST_TEXT = 20_000
"""Length of one rule. [characters]"""
HEAD_LINES = 2
"""Lines of the park's own file before the first rule's text."""
STATES = {
    "ships": (Text("随政策提供", "ships"), "muted"),
    "filled": (Text("园区已填", "filled in"), "good"),
    "changed": (Text("园区已改", "changed by the park"), "good"),
    "own": (Text("园区新增", "the park's own"), "good"),
    "to_fill": (Text("待填写", "to be filled in"), "open"),
}
KINDS = {
    "threshold": Text("标准值", "threshold"),
    "list": Text("清单", "list"),
    "place": Text("选址", "place"),
    "capacity": Text("承载力", "carrying capacity"),
    "quota": Text("总量指标", "quota"),
    "scorecard": Text("评分表", "scorecard"),
    "review": Text("联合会审", "joint review"),
    "procedure": Text("环评与排污许可", "procedure"),
}
CODE_KEYS = ("codes", "leading", "also")


@dataclass(frozen=True)
class RuleRow:
    """A rule of the park's policy as its page shows it.

    Parameters
    ----------
    state
        One of `STATES`.
    edition
        The edition that last changed it; None for a rule as it ships.
    """

    rule: PolicyRule
    state: str
    edition: RuleEdition | None = None

    @property
    def said(self) -> Text:
        """Its state in words."""
        return STATES[self.state][0]

    @property
    def tone(self) -> str:
        """Of its chip."""
        return STATES[self.state][1]


def rows_of(park: Park, policy: Policy) -> list[RuleRow]:
    """All rules in the order of the policy, with where each comes from."""
    shipped = {r.tail: r for r in policies.loaded(Path(policy.folder), None).rules}
    last = policies.last_rules(park, policy.id)
    own = last.rules if last else {}
    changed: dict[str, RuleEdition] = {}
    for edition in editions_of(park, policy.id).filter(parameter=""):
        for tail in [edition.rule] if edition.rule else own:
            changed.setdefault(tail, edition)
    return [RuleRow(r, _state(r, shipped.get(r.tail), r.tail in own), changed.get(r.tail)) for r in policy.rules]


def _state(rule: PolicyRule, shipped: PolicyRule | None, own: bool) -> str:
    if rule.to_fill:
        return "to_fill"
    if not own:
        return "ships"
    return "own" if shipped is None else "filled" if shipped.to_fill else "changed"


def editions_of(park: Park, policy: str) -> Any:
    """All editions, the last one first."""
    return RuleEdition.objects.filter(park=park, policy=policy).select_related("by").order_by("-number")


def number_of(park: Park, policy: str) -> int:
    """Number of the edition that counts; 0 if the park has filled in nothing yet."""
    last = policies.last_rules(park, policy)
    return last.number if last else 0


def text_of(park: Park, policy: Policy, tail: str) -> str:
    """The YAML of a rule as it holds now; empty if there is no such rule."""
    last = policies.last_rules(park, policy.id)
    if last and tail in last.rules:
        return str(last.rules[tail])
    return shipped_text(policy, tail)


def shipped_text(policy: Policy, tail: str) -> str:
    """The YAML of a rule as the policy has it; empty if it has none."""
    body = load_yaml(Path(policy.folder) / "rules.yaml", f"{policy.id}/rules.yaml")
    found = body.get("rules") if isinstance(body, Map) else body
    node = next((n for n in found or () if str(n.get("id")) == tail), None)
    return "" if node is None else yaml_of(node)


def yaml_of(node: Any) -> str:
    """An entry as YAML, Chinese as it is, numbers as decimal texts."""
    return yaml.safe_dump(_plain(node), allow_unicode=True, sort_keys=False, width=10_000)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _plain(v) for k, v in node.items()}
    return [_plain(v) for v in node] if isinstance(node, list) else node


# -- checking ----------------------------------------------------------------------------------------------------------


def read_rule(text: str, name: str = "rule") -> Map:
    """The entry that a text is.

    Raises
    ------
    InputError
        It is too long, no YAML, or no single rule; with the line.
    """
    if len(text) > MOST_TEXT:
        zh, en = f"规则超过 {MOST_TEXT} 字符", f"the rule is longer than {MOST_TEXT} characters"
        raise InputError([Problem("too-large", Place(name), zh, en)])
    if problems := directories.wrong_yaml(text, name):
        raise InputError(problems)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "rule.yaml"
        path.write_text(text, encoding="utf-8")
        node = load_yaml(path, name)
    if isinstance(node, list) and len(node) == 1 and isinstance(node[0], Map):
        node = node[0]
    if not isinstance(node, Map):
        zh, en = "这里只写一条规则，应为映射", "one rule stands here, as a mapping"
        said = "例如：id: far，下一行 kind: threshold。", "Such as id: far, and kind: threshold on the next line."
        raise InputError([Problem("rule-shape", Place(name, line=1), zh, en, *said)])
    return node


def check(policy: Policy, text: str, tail: str = "") -> tuple[str, PolicyRule]:
    """A rule as it would be put over the policy: its id, and what the library makes of it.

    Parameters
    ----------
    tail
        The id it must have; empty for a new rule.

    Raises
    ------
    InputError
        With everything that is wrong with it, each with its line.
    """
    node = read_rule(text, tail or "rule")
    name = str(node.get("id") or "").strip()
    shown = tail or name or "rule"
    problems: list[Problem] = []
    if tail and name != tail:
        zh, en = f"id 应为 {tail}", f"the id is {tail}, not {name!r}"
        problems.append(Problem("id-changed", Place(shown, line=node.line_of("id")), zh, en))
    elif not directories.ID.fullmatch(name):
        zh, en = f"id {name!r} 无效", f"the id {name!r} cannot be used"
        said = "只用小写字母、数字、- 与 _，2 至 60 个字符。", "Use 2 to 60 small letters, digits, - and _."
        problems.append(Problem("bad-id", Place(shown, line=node.line_of("id")), zh, en, *said))
    if node.get("to_fill") is not True and not str(node.get("clause") or "").strip():
        zh, en = "没有写明出处（clause）", "say in clause where it is written"
        problems.append(Problem("clause-missing", Place(shown, line=node.line), zh, en))
    if str(node.get("basis") or "") == "seen" and not str(node.get("source") or "").strip():
        zh, en = "依据为“已查阅”时须写明来源文件（source）", "seen needs its source: the document that was read"
        said = "写明文件，或把依据改为 inferred 或 recalled。", "Name it, or say inferred or recalled."
        problems.append(Problem("source-missing", Place(shown, line=node.line_of("basis")), zh, en, *said))
    problems += _wrong_codes(node, shown)
    found, more = load_with(policy, {name or "rule": text}, {}, shown, HEAD_LINES)
    problems += more
    if problems or found is None:
        raise InputError(_in_order(problems))
    return name, found.rule(name)


def load_with(
    policy: Policy, rules: dict[str, str], parameters: dict[str, dict[str, Any]], shown: str, lines: int = 0
) -> tuple[Policy | None, list[Problem]]:
    """The policy with rules and parameters put over it, or why it cannot be; `lines` stand before what people see."""
    with tempfile.TemporaryDirectory() as scratch:
        overlay = Path(scratch) / f"{policy.id}.yaml"
        overlay.write_text(policies.rules_text(rules, parameters), encoding="utf-8")
        try:
            folder = _with_values(policy, parameters, Path(scratch))
            return load_policy(folder, overlay if rules or parameters else None), []
        except PackError as error:
            return None, [policies.shown_at(p, shown, lines) for p in error.problems]
        except RecursionError:
            zh, en = "公式或结构嵌套过深", "a formula or the rule is nested too deeply"
            return None, [Problem("too-deep", Place(shown), zh, en)]


def _with_values(policy: Policy, parameters: dict[str, dict[str, Any]], scratch: Path) -> Path:
    """The policy's folder; with parameters a copy that has them as its defaults, for formulas are checked with those."""
    folder = Path(policy.folder)
    if not parameters:
        return folder
    head = load_yaml(folder / "policy.yaml", f"{policy.id}/policy.yaml")
    nodes = head.get("parameters") or []
    for node in nodes if isinstance(nodes, list) else [nodes]:
        if entry := parameters.get(str(node["id"])):
            node["default"] = entry["value"]
    copy = scratch / policy.id
    copy.mkdir()
    (copy / "policy.yaml").write_text(yaml_of(head), encoding="utf-8")
    shutil.copyfile(folder / "rules.yaml", copy / "rules.yaml")
    return copy


def _wrong_codes(node: Any, shown: str) -> list[Problem]:
    """Industry codes that do not exist, which would never hold, and spans that end before they begin."""
    found: list[Problem] = []
    for entry in _maps(node):
        for key in CODE_KEYS:
            given = entry.get(key)
            for code in given if isinstance(given, list) else [given] if given else []:
                if str(code) not in industries():
                    near = "、".join(nearest(str(code)))
                    zh, en = f"没有行业代码 {code}", f"there is no industry code {code}"
                    said = (f"相近：{near}", f"Near to it: {near.replace('、', ', ')}") if near else ("", "")
                    found.append(Problem("unknown-code", Place(shown, line=entry.line_of(key)), zh, en, *said))
        since, until = (str(entry.get(k) or "") for k in ("from", "until"))
        if since and until and until < since[: len(until)]:
            zh, en = f"施行期止于 {until}，早于 {since}", f"it ends with {until}, before it begins with {since}"
            found.append(Problem("bad-period", Place(shown, line=entry.line_of("until")), zh, en))
    return found


def _maps(node: Any) -> Iterator[Map]:
    if isinstance(node, Map):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _maps(inner)


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda p: p.place.line or 0)


# -- keeping -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(park: Park, text: str, user: Any, why: str, *, seen: int, rule: str = "") -> RuleEdition:
    """Put a rule over the policy the park works by.

    Parameters
    ----------
    rule
        Its id; empty for a rule that is new.
    seen
        Number of the edition that was shown.

    Raises
    ------
    InputError
        With everything that is wrong with it.
    ConflictError
        Somebody else changed the rules since `seen`.
    EcoparkError
        No reason is given, or the park works with no policy.
    """
    reason, policy, last = begin(park, why, seen)
    body = text.replace("\r\n", "\n").strip("\n") + "\n"
    node = read_rule(body, rule or "rule")
    if body.lstrip().startswith("- "):
        body = yaml_of(node)
    name, _ = check(policy, body, rule)
    rules = dict(last.rules) if last else {}
    if not rule and (name in rules or any(r.tail == name for r in policy.rules)):
        zh, en = f"已有规则 {name}", f"there is a rule {name} already"
        raise InputError(
            [
                Problem(
                    "id-taken",
                    Place(name, line=1),
                    zh,
                    en,
                    "请改那条规则，或换 id。",
                    "Change that one, or take another id.",
                )
            ]
        )
    before = text_of(park, policy, name)
    if before == body:
        raise EcoparkError("Nothing was changed.", zh="没有改动。")
    rules[name] = body
    return keep(park, policy, last, user, reason, rules=rules, rule=name, before=before, after=body)


@transaction.atomic
def drop(park: Park, rule: str, user: Any, why: str, *, seen: int) -> RuleEdition:
    """Let a rule be again as the policy has it; a rule of the park's own goes.

    Raises
    ------
    ConflictError
        Somebody else changed the rules since `seen`.
    EcoparkError
        The park has no such rule of its own, or no reason is given.
    """
    reason, policy, last = begin(park, why, seen)
    rules = dict(last.rules) if last else {}
    if rule not in rules:
        raise EcoparkError("The park has not changed this rule.", zh="园区没有改过这条规则。")
    before = str(rules.pop(rule))
    after = shipped_text(policy, rule)
    return keep(park, policy, last, user, reason, check=False, rules=rules, rule=rule, before=before, after=after)


@transaction.atomic
def go_back(park: Park, number: int, user: Any, why: str, *, seen: int) -> RuleEdition:
    """All own rules and parameters as in an earlier edition, as a new one; 0 is the policy as it ships.

    Raises
    ------
    ConflictError
        Somebody else changed the rules since `seen`.
    EcoparkError
        There is no such edition, it says the same, no reason is given, or it does not fit the policy any more.
    """
    reason, policy, last = begin(park, why, seen)
    old = editions_of(park, policy.id).filter(number=number).first()
    if old is None and number != 0:
        raise EcoparkError("There is no such edition.", zh="没有这个版本。")
    rules, parameters = (dict(old.rules), dict(old.parameters)) if old else ({}, {})
    if (rules, parameters) == ((last.rules, last.parameters) if last else ({}, {})):
        raise EcoparkError("Nothing was changed.", zh="没有改动。")
    return keep(park, policy, last, user, reason, rules=rules, parameters=parameters, back_to=number)


def begin(park: Park, why: str, seen: int) -> tuple[str, Policy, RuleEdition | None]:
    """The reason, the policy without own rules, and the edition that counts; the park is locked for the next one."""
    Park.objects.select_for_update().get(pk=park.pk)
    policy = policies.base_of(park)
    if policy is None:
        raise EcoparkError(
            "The park works with no admission policy yet: choose one.", zh="园区尚未选定准入政策，请先选定。"
        )
    last = policies.last_rules(park, policy.id)
    if seen != (last.number if last else 0):
        raise ConflictError(
            Text(
                "刚才别人改过规则，未保存。请核对后再存。",
                "Somebody else has just changed the rules. Look and save again.",
            )
        )
    return directories.must_say_why(why), policy, last


def keep(
    park: Park, policy: Policy, last: RuleEdition | None, user: Any, why: str, *, check: bool = True, **fields: Any
) -> RuleEdition:
    """The next edition; rules or parameters that are not among the fields stay as they are.

    Raises
    ------
    InputError
        The policy does not load with them; what is only taken away is not checked, so that a broken rule can go.
    """
    fields = {"rules": last.rules if last else {}, "parameters": last.parameters if last else {}} | fields
    if check:
        found, problems = load_with(policy, fields["rules"], fields["parameters"], f"policy/{policy.id}.yaml")
        if found is None:
            raise InputError(problems)
    number = last.number + 1 if last else 1
    return RuleEdition.objects.create(park=park, policy=policy.id, number=number, by=user, why=why, **fields)
