"""Verdict rules: how results of clauses become pass, fail or undetermined.

A rule is a function in a registry; a pack names the rules it uses, and all of them must hold. To add a kind of rule: write
one function with `@verdict_rule` and a case that uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ecopark.core.text import Text
from ecopark.packs.model import Pack, Rule
from ecopark.standards.result import ClauseResult

Outcome = tuple[bool | None, tuple[Text, ...]]
VerdictRule = Callable[[Pack, Rule, Sequence[ClauseResult]], Outcome]
VERDICT_RULES: dict[str, VerdictRule] = {}

KIND_TEXT = {
    "basic": Text("基本要求", "basic requirements"),
    "mandatory": Text("必选指标", "mandatory indicators"),
    "optional": Text("可选指标", "optional indicators"),
    "recommended": Text("鼓励项", "encouraged items"),
    "core": Text("核心指标", "core indicator"),
    "guiding": Text("引导指标", "guiding indicators"),
    "prerequisite": Text("前置要求", "prerequisites"),
    "scored": Text("评分指标", "scored indicators"),
    "reference": Text("参考指标", "reference values"),
    "frame": Text("待填框架", "frame to be filled in"),
}


def verdict_rule(name: str) -> Callable[[VerdictRule], VerdictRule]:
    """Register a verdict rule under `name`."""

    def register(rule: VerdictRule) -> VerdictRule:
        VERDICT_RULES[name] = rule
        return rule

    return register


def decide(pack: Pack, results: Sequence[ClauseResult]) -> tuple[str, tuple[Text, ...]]:
    """The verdict of a pack and the reasons for it.

    Returns
    -------
    verdict
        ``pass`` if every rule holds; ``fail`` if one cannot hold; ``undetermined`` in between; ``none`` for a pack
        without rules (rankings, reference values).
    reasons
        One sentence a rule.
    """
    if not pack.verdict:
        return "none", ()
    outcomes = [VERDICT_RULES[rule.name](pack, rule, results) for rule in pack.verdict]
    reasons = tuple(text for _, texts in outcomes for text in texts)
    if any(held is False for held, _ in outcomes):
        return "fail", reasons
    if any(held is None for held, _ in outcomes):
        return "undetermined", reasons
    return "pass", reasons


@verdict_rule("all_met")
def all_met(pack: Pack, rule: Rule, results: Sequence[ClauseResult]) -> Outcome:
    """Every clause of the named kinds is met (not applicable and not yet due ones are left out)."""
    kinds = rule.get("kinds", ())
    asked = [r for r in results if r.clause.kind in kinds and r.status not in ("not_applicable", "not_due")]
    bad = [r for r in asked if r.status in ("not_met", "partly_met")]
    open_ = [r for r in asked if r.status in ("undetermined", "reported")]
    name_zh = "、".join(KIND_TEXT[k].zh for k in kinds)
    name_en = " and ".join(KIND_TEXT[k].en for k in kinds)
    met = len(asked) - len(bad) - len(open_)
    zh, en = f"{name_zh}：{met}/{len(asked)} 项达标", f"{name_en}: {met} of {len(asked)} met"
    if bad:
        tails = ", ".join(r.clause.tail for r in bad)
        zh, en = zh + f"，未达标：{tails}", en + f", not met: {tails}"
    if open_:
        tails = ", ".join(r.clause.tail for r in open_)
        zh, en = zh + f"，待定：{tails}", en + f", undetermined: {tails}"
    return (False if bad else None if open_ or not asked else True), (Text(zh, en),)


@verdict_rule("option_sets")
def option_sets(pack: Pack, rule: Rule, results: Sequence[ClauseResult]) -> Outcome:
    """In every option set at least the needed number of clauses is met."""
    held: bool | None = True
    texts = []
    by_id = {r.id: r for r in results}
    for option in pack.option_sets:
        members = [by_id[c] for c in option.clauses if c in by_id]
        met = [r for r in members if r.status == "met" and r.counts and not r.choice_open]
        possible = [
            r
            for r in members
            if r.counts and (r.status in ("undetermined", "reported") or (r.status == "met" and r.choice_open))
        ]
        if len(met) >= option.need:
            mark = Text("满足", "satisfied")
        elif len(met) + len(possible) >= option.need:
            mark = Text("待定", "undetermined")
            held = None if held is not False else False
        else:
            mark = Text("不满足", "not satisfied")
            held = False
        tails = ", ".join(r.clause.tail for r in members)
        texts.append(
            Text(
                f"可选组 {option.id}（{tails}）至少 {option.need} 项：{mark.zh}（达标 {len(met)} 项）",
                f"option set {option.id} ({tails}), at least {option.need}: {mark.en} ({len(met)} met)",
            )
        )
    return held, tuple(texts)
