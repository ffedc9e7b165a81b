"""Kinds of rules on figures and on industries: thresholds and lists."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from ecopark.admission.industry import covers, named
from ecopark.admission.policy import (
    Case,
    Demand,
    Outcome,
    PolicyRule,
    Source,
    in_force,
    lacks,
    rule_kind,
    undetermined,
)
from ecopark.admission.ratios import Ratio
from ecopark.admission.wording import both, op_words
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.value import Missing
from ecopark.errors import did_you_mean
from ecopark.expr.traced import compare
from ecopark.indicators.resolve import compiled
from ecopark.packs.load import OPERATORS
from ecopark.packs.yaml_lines import Map

NO_CODE = lacks("industry_code", "未填写行业代码", "no industry code is given")
NO_WORDS = lacks("words", "未填写工艺与产品", "no processes or products are given")


# -- threshold ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that holds for some industries, from and until some year, when a condition holds.

    `value` None says that the text sets no limit here; `label` says for what it stands.
    """

    op: str
    value: Fraction | None
    codes: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    when: str = ""
    label: Text = Text()

    def text(self) -> str:
        """``<= 0.35``."""
        return "" if self.value is None else f"{self.op} {decimal_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A ratio and the limits it is held against; `others` are other readings of an unclear text."""

    ratio: Ratio
    limits: tuple[Limit, ...]
    others: tuple[Ratio, ...] = ()


def read_ratio(node: Map, source: Source) -> Ratio | None:
    """The ratio that an entry names, or the formula it gives."""
    name, formula = str(node.get("ratio") or ""), str(node.get("formula") or "")
    if name:
        found = source.ratios.get(name)
        if found is None:
            hint = did_you_mean(name, list(source.ratios))
            source.problem(
                "unknown-ratio", node.line_of("ratio"), f"没有比率 '{name}'", f"unknown ratio '{name}'.", hint, hint
            )
        return found
    if not formula:
        source.problem("formula-missing", node.line, "缺 ratio 或 formula", "there is neither ratio nor formula")
        return None
    unit = str(node.get("unit") or "1")
    source.formula(formula, unit, node.line_of("formula"))
    label = Text(str(node.get("zh") or ""), str(node.get("en") or ""))
    return Ratio(f"{source.policy_id}/{node.get('id') or 'item'}", label, unit, "", formula)


def read_limits(node: Map, source: Source) -> tuple[Limit, ...]:
    """`limit:` or `limits:` of an entry."""
    entries = node.get("limits") or ([node["limit"]] if node.get("limit") else [])
    made = []
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, Map):
            source.problem(
                "limit-shape", node.line_of("limits"), "标准值应为映射", "a limit is a mapping with op and value"
            )
            continue
        op = str(entry.get("op") or node.get("op") or "")
        if op not in OPERATORS:
            zh, en = f"比较符 {op!r} 无效", f"operator {op!r} is none of {' '.join(OPERATORS)}"
            source.problem("unknown-operator", entry.line_of("op"), zh, en)
            continue
        value = source.number(entry.get("value"), entry.line_of("value"), "limit")
        if value is None and "none" not in entry:
            source.problem(
                "limit-missing", entry.line, "标准值缺 value", "the limit has no value (or `none:` with a reason)"
            )
            continue
        when = str(entry.get("when") or "")
        if when:
            source.formula(when, None, entry.line_of("when"))
        label = (
            source.text(entry.get("none"))
            if "none" in entry
            else Text(str(entry.get("zh") or ""), str(entry.get("en") or ""))
        )
        span = (source.day(entry, "from"), source.day(entry, "until"))
        made.append(Limit(op, value, source.strings(entry.get("codes")), *span, when, label))
    if not made:
        source.problem(
            "limit-missing", node.line, "规则没有标准值", "the rule has no limit; mark it to_fill if none is known"
        )
    return tuple(made)


def _read_threshold(node: Map, source: Source) -> Threshold | None:
    ratio, limits = read_ratio(node, source), read_limits(node, source)
    if ratio is None or not limits:
        return None
    others = [source.ratios.get(name) for name in source.strings(node.get("other_readings"))]
    return Threshold(ratio, limits, tuple(r for r in others if r is not None))


def choose_limit(limits: tuple[Limit, ...], case: Case) -> Limit | Outcome:
    """The first limit that holds for the project's industry on the day, or the outcome that says why none does."""
    code = case.project.industry_code
    ahead: str = ""
    past = False
    for limit in limits:
        if limit.codes:
            if not code:
                return undetermined(NO_CODE)
            if not covers(limit.codes, code):
                continue
        side = in_force(limit.since, limit.until, case.on)
        if side:
            ahead = min(filter(None, (ahead, limit.since))) if side < 0 else ahead
            past = past or side > 0
            continue
        if limit.when:
            tested = case.evaluate(limit.when, None)
            if isinstance(tested.value, Missing):
                return undetermined(tested.value, trace=tested)
            if not tested.value:
                continue
        return limit
    if ahead:
        return Outcome("not_due", Text(f"{ahead} 起适用", f"applies from {ahead}"))
    if past:
        return Outcome("expired", Text("标准值已失效", "the limits are no longer in force"))
    if code and any(limit.codes for limit in limits):
        zh, en = f"本条未对行业 {named(code)} 设标准值", f"no limit is set for industry {named(code)}"
        return Outcome("not_applicable", Text(zh, en))
    return Outcome("not_applicable", Text("适用条件不成立", "its conditions do not hold"))


def demand_on(ratio: Ratio, op: str, limit: Fraction, case: Case, *names: str) -> list[Demand]:
    """The demand that a ratio meets a limit; on the reported rate where that is what was used."""
    trace = case.ratio(ratio, *names)
    if trace.kind == "reported":
        return [Demand(None, trace.what, op, limit)]
    return [Demand(compiled(ratio.formula, ratio.unit, case.lookup.parameters), "", op, limit)]


@rule_kind(
    "threshold",
    keys="ratio formula unit op limit limits other_readings direction",
    read=_read_threshold,
)
def threshold(rule: PolicyRule, case: Case) -> Outcome:
    """A ratio or formula against a limit, by industry and by year."""
    spec: Threshold = rule.spec
    limit = choose_limit(spec.limits, case)
    if isinstance(limit, Outcome):
        return limit
    if limit.value is None:
        return Outcome("not_applicable", limit.label or Text("条文未设标准值", "the text sets no limit here"))
    trace = case.ratio(spec.ratio, rule.id)
    unit = spec.ratio.unit
    if isinstance(trace.value, Missing):
        return undetermined(trace.value, limit=limit.text(), unit=unit, trace=trace)
    held = compare(limit.op, trace.value, limit.value)
    words, bar = both(trace.value, unit), both(limit.value, unit)
    why = limit.label
    zh = f"{rule.label.zh}为 {words.zh}，要求{op_words(limit.op, 'zh')} {bar.zh}" + (f"（{why.zh}）" if why else "")
    en = f"{rule.label.en} is {words.en}, required {op_words(limit.op, 'en')} {bar.en}" + (
        f" ({why.en})" if why else ""
    )
    reason = _other_readings(Text(zh, en), spec, limit, held, case)
    return Outcome("met" if held else "not_met", reason, trace.value, limit.text(), unit, trace)


def _other_readings(reason: Text, spec: Threshold, limit: Limit, held: bool, case: Case) -> Text:
    """The reason, with what another reading of the text would say where it says otherwise."""
    for other in spec.others:
        value = case.ratio(other).value
        if isinstance(value, Fraction) and limit.value is not None and compare(limit.op, value, limit.value) != held:
            words = both(value, other.unit)
            reason = Text(
                f"{reason.zh}；若按{other.label.zh}（{words.zh}）理解，结论相反",
                f"{reason.en}; read as {other.label.en.lower()} ({words.en}) the answer would be the opposite",
            )
    return reason


# -- list --------------------------------------------------------------------------------------------------------------

CLASSES = {
    "encouraged": Text("鼓励类", "encouraged"),
    "permitted": Text("允许类", "permitted"),
    "restricted": Text("限制类", "restricted"),
    "eliminated": Text("淘汰类", "eliminated"),
    "refused": Text("不予准入清单", "refusal list"),
}
ORDER = ("eliminated", "refused", "restricted", "permitted", "encouraged")
_NOT = re.compile(r"(无|不含|不涉及|不设|不用|非|禁止|without |no |non-|not )$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: it holds for a project whose code and words both match; empty sides match everything."""

    kind: str
    codes: tuple[str, ...]
    words: tuple[str, ...]
    label: Text
    clause: str = ""


@dataclass(frozen=True, slots=True)
class List:
    """A list of industries, processes and products."""

    entries: tuple[Entry, ...]
    only: bool = False


def _read_list(node: Map, source: Source) -> List | None:
    entries = []
    nodes = node.get("entries")
    if not isinstance(nodes, list) or not nodes:
        source.problem(
            "list-empty", node.line, "清单没有条目", "the list has no entries; mark it to_fill if none is known"
        )
        return None
    for entry in nodes:
        if not isinstance(entry, Map):
            source.problem("list-shape", node.line_of("entries"), "清单条目应为映射", "an entry is a mapping")
            continue
        kind = str(entry.get("class") or "refused")
        if kind not in CLASSES:
            zh, en = f"类别 {kind!r} 无效", f"class {kind!r} is none of {', '.join(CLASSES)}"
            source.problem("unknown-class", entry.line_of("class"), zh, en)
            continue
        codes, words = source.strings(entry.get("codes")), source.strings(entry.get("words"))
        if not codes and not words:
            source.problem(
                "list-shape", entry.line, "条目既无 codes 也无 words", "the entry has neither codes nor words"
            )
            continue
        label = Text(str(entry.get("zh") or ""), str(entry.get("en") or ""))
        entries.append(Entry(kind, codes, words, label, str(entry.get("clause") or "")))
    return List(tuple(entries), node.get("only") is True)


def found_word(words: tuple[str, ...], text: str) -> str:
    """The first of `words` that occurs in `text` and is not denied there (无电镀, without electroplating).

    Examples
    --------
    >>> found_word(("电镀",), "含电镀工序"), found_word(("电镀",), "本项目无电镀")
    ('电镀', '')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    for word in words:
        wanted = unicodedata.normalize("NFKC", word).lower()
        for found in re.finditer(re.escape(wanted), plain):
            if not _NOT.search(plain[: found.start()]):
                return word
    return ""


def matches(entry: Entry, case: Case) -> bool | Missing:
    """Whether an entry holds for the project; `Missing` if that hangs on something not given."""
    project = case.project
    unknown: Missing | None = None
    if entry.codes:
        if not project.industry_code:
            unknown = NO_CODE
        elif not covers(entry.codes, project.industry_code):
            return False
    if entry.words:
        texts = (*(project.words or ()), project.name)
        if not any(found_word(entry.words, text) for text in texts):
            if project.words is not None:
                return False
            unknown = NO_WORDS if unknown is None else unknown | NO_WORDS
    return True if unknown is None else unknown


@rule_kind("list", keys="entries only", read=_read_list)
def listed(rule: PolicyRule, case: Case) -> Outcome:
    """Encouraged, restricted, eliminated and refused industries, processes and products."""
    spec: List = rule.spec
    found: dict[str, Entry] = {}
    unknown: Missing | None = None
    for entry in spec.entries:
        held = matches(entry, case)
        if isinstance(held, Missing):
            if entry.kind in ("eliminated", "refused", "restricted") or spec.only:
                unknown = held if unknown is None else unknown | held
        elif held:
            found.setdefault(entry.kind, entry)
    for kind in ORDER[:3]:
        if kind in found:
            return _hit(rule, found[kind], case)
    if unknown is not None:
        return undetermined(unknown)
    for kind in reversed(ORDER[3:]):
        if kind in found:
            return _hit(rule, found[kind], case)
    if spec.only:
        return Outcome("not_met", Text(f"不在{rule.label.zh}之内", f"not on the list: {rule.label.en}"))
    return Outcome("met", Text(f"不在{rule.label.zh}之列", f"on none of the lines of: {rule.label.en}"))


def _hit(rule: PolicyRule, entry: Entry, case: Case) -> Outcome:
    name, what = CLASSES[entry.kind], entry.label or Text("、".join(entry.words), ", ".join(entry.words))
    clause = f"（{entry.clause}）" if entry.clause else ""
    zh, en = f"属{name.zh}：{what.zh}{clause}", f"{name.en}: {what.en}" + (f" ({entry.clause})" if entry.clause else "")
    if entry.kind in ("encouraged", "permitted"):
        return Outcome("met", Text(zh, en), name.en)
    if entry.kind == "restricted" and case.project.kind == "retrofit":
        zh, en = f"{zh}；现有产能限期改造升级", f"{en}; existing capacity may be upgraded within a set time"
        return Outcome("condition", Text(zh, en), name.en)
    return Outcome("not_met", Text(zh, en), name.en)
