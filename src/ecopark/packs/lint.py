"""What is checked when a pack loads for good: names, functions, units, conditions, references, its own worked cases' shape.

`lint` needs to compile formulas, which only `standards` can; it is handed in as `compile_clause`, so that packs stay below
the engines that use them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecopark.core.rounding import exact
from ecopark.core.unit import unit
from ecopark.errors import EcoparkError, Place, Problem, did_you_mean
from ecopark.indicators.factors import family_unit
from ecopark.packs.model import KINDS, Clause, Pack


def _is_number(text: object) -> bool:
    try:
        exact(str(text))
    except (ValueError, ZeroDivisionError):
        return False
    return True


Compile = Callable[[Clause, Mapping[str, Any]], object]


def lint(
    pack: Pack, compile_clause: Compile, verdict_rules: Mapping[str, Any], score_rules: Mapping[str, Any]
) -> list[Problem]:
    """Every problem of a pack that its shape does not show, with file and line.

    Parameters
    ----------
    pack
        A loaded pack.
    compile_clause
        Compiles a clause with parameters; raises `EcoparkError` when a formula or unit is wrong.
    verdict_rules, score_rules
        The rules that exist.
    """
    found: list[Problem] = []
    head = Place(f"{pack.id}/pack.yaml")

    def problem(place: Place, code: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> None:
        found.append(Problem(code, place, zh, en, repair_zh, repair_en))

    groups = {g.id for g in pack.groups}
    sets = {o.id for o in pack.option_sets}
    notes = {f.id for f in pack.footnotes}
    parameters = {p.id: p.default for p in pack.parameters}
    seen: dict[str, Clause] = {}
    for clause in pack.clauses:
        where = f"条款 {clause.tail}：", f"clause {clause.tail}: "
        if clause.tail in seen:
            problem(clause.place, "duplicate-clause", f"{where[0]}编号重复", f"{where[1]}the id is used twice")
        seen[clause.tail] = clause
        if not (clause.label.zh and clause.label.en):
            problem(
                clause.place,
                "label-missing",
                f"{where[0]}缺中文或英文名称",
                f"{where[1]}a label in zh and in en is needed",
            )
        if clause.group and clause.group not in groups:
            hint = did_you_mean(clause.group, sorted(groups))
            problem(
                clause.place,
                "unknown-group",
                f"{where[0]}组 '{clause.group}' 不存在",
                f"{where[1]}unknown group '{clause.group}'. {hint}",
            )
        if clause.option_set and clause.option_set not in sets:
            problem(
                clause.place, "unknown-option-set", f"{where[0]}可选组 '{clause.option_set}' 不存在",
                f"{where[1]}unknown option set '{clause.option_set}'",
            )  # fmt: skip
        for footnote in clause.footnotes:
            if footnote not in notes:
                problem(
                    clause.place,
                    "unknown-footnote",
                    f"{where[0]}脚注 {footnote} 不存在",
                    f"{where[1]}unknown footnote {footnote}",
                )
        for case in clause.limits[:-1]:
            if case.require is not None and not case.when and case.since is None and case.until is None:
                problem(
                    clause.place, "unreachable-limit", f"{where[0]}无条件的标准值之后还有标准值",
                    f"{where[1]}a limit after one that always holds",
                    "", "Put the unconditional limit last.",
                )  # fmt: skip
        try:
            compile_clause(clause, parameters)
        except EcoparkError as error:
            problem(clause.place, "formula", f"{where[0]}{error}", f"{where[1]}{error}")
    for option in pack.option_sets:
        for name in option.clauses:
            if name.split("/", 1)[1] not in seen:
                problem(
                    head,
                    "unknown-clause",
                    f"可选组 {option.id}：无条款 {name}",
                    f"option set {option.id}: there is no clause {name}",
                )
        if option.need > len(option.clauses):
            problem(
                head,
                "option-need",
                f"可选组 {option.id}：需要数大于项数",
                f"option set {option.id} needs more clauses than it has",
            )
    for factor in pack.factors:
        try:
            wanted = family_unit(factor.id)
            unit(factor.unit).factor_to(wanted)
        except EcoparkError as error:
            problem(head, "factor", f"系数 {factor.id}：{error}", f"factor {factor.id}: {error}")
    for rule in (*pack.verdict, *([pack.score] if pack.score else [])):
        kinds = rule.get("kinds", ())
        wrong = [k for k in kinds if k not in KINDS]
        if wrong or (rule.name == "all_met" and not kinds):
            hint = did_you_mean(wrong[0], KINDS) if wrong else ""
            problem(
                head, "unknown-kind", f"规则 {rule.name} 的类别有误：{', '.join(wrong) or '空'}",
                f"rule {rule.name}: kinds must name some of {', '.join(KINDS)}. {hint}".strip(),
            )  # fmt: skip
        for key in ("divisor", "scale", "met", "partly_met", "not_met"):
            given = rule.get(key)
            if given is not None and (not _is_number(given) or (key == "divisor" and float(given) == 0)):
                problem(
                    head,
                    "limit-not-a-number",
                    f"规则 {rule.name}：{key} 无效",
                    f"rule {rule.name}: {key} {given!r} is no usable number",
                )
    for rule in pack.verdict:
        if rule.name not in verdict_rules:
            hint = did_you_mean(rule.name, sorted(verdict_rules))
            problem(
                head, "unknown-rule", f"判定规则 '{rule.name}' 不存在", f"unknown verdict rule '{rule.name}'. {hint}"
            )
    if pack.score is not None and pack.score.name not in score_rules:
        problem(head, "unknown-rule", f"评分规则 '{pack.score.name}' 不存在", f"unknown score rule '{pack.score.name}'")
    if not (pack.title.zh and pack.title.en):
        problem(head, "label-missing", "缺中文或英文标题", "a title in zh and in en is needed")
    if not pack.sources and not pack.is_frame:
        problem(head, "source-missing", "没有来源", "no source is named")
    return found
