"""Worked cases of a pack: facts in, expected results out, with the hand calculation beside them.

Every pack carries its own in `cases/*.yaml`; `ecopark packs check` and the tests run them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.core.period import Period
from ecopark.core.rounding import decimal_text, exact
from ecopark.errors import EcoparkError, PackError, Place, Problem
from ecopark.indicators.catalogue import indicators
from ecopark.observations.model import Facts
from ecopark.observations.reading import facts_from
from ecopark.packs.model import Pack
from ecopark.packs.yaml_lines import Map, load_yaml
from ecopark.standards.assess import assess_pack
from ecopark.standards.result import Assessment

SUBJECT = "case"


@dataclass(frozen=True)
class Case:
    """One worked case."""

    id: str
    place: Place
    period: str
    since: int | None
    options: dict[str, Any]
    facts: tuple[tuple[str, ...], ...]
    expect: dict[str, Any]


def load_cases(pack: Pack) -> list[Case]:
    """The cases of a pack, in order of file name.

    Raises
    ------
    PackError
        A file is not YAML.
    """
    found = []
    for path in sorted(Path(pack.folder).glob("cases/*.yaml")):
        name = f"{pack.id}/cases/{path.name}"
        data = load_yaml(path, name)
        for entry in _entries(data, name):
            since = entry.get("since")
            found.append(
                Case(
                    id=str(entry.get("id", path.stem)),
                    place=Place(name, line=entry.line if isinstance(entry, Map) else 1),
                    period=str(entry["period"]),
                    since=None if since in (None, "") else int(since),
                    options=_options(entry.get("set") or {}),
                    facts=tuple(tuple(_cell(c) for c in row) for row in entry.get("facts") or []),
                    expect=dict(entry.get("expect") or {}),
                )
            )
    return found


def _entries(data: Any, name: str) -> list[Map]:
    found = data if isinstance(data, list) else data.get("cases", [data]) if isinstance(data, Map) else [data]
    for entry in found:
        if not isinstance(entry, Map) or "period" not in entry:
            line = entry.line if isinstance(entry, Map) else None
            en = "a case is a mapping with id, period, facts and expect"
            raise PackError([Problem("case-shape", Place(name, line=line), "算例应含 id、period、facts、expect", en)])
    return found


def _options(settings: dict[str, Any]) -> dict[str, Any]:
    """Parameters as they stand, the chosen options of ``options:`` beside them."""
    return {**{k: v for k, v in settings.items() if k != "options"}, **(settings.get("options") or {})}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def case_facts(case: Case, pack: Pack) -> Facts:
    """The facts of a case.

    Raises
    ------
    InputError
        A fact cannot be read.
    """
    columns = ("quantity", "period", "value", "unit", "by", "note")
    rows = [{"subject": SUBJECT, **dict(zip(columns, row))} for row in case.facts]

    def known(name: str) -> str | None:
        if name in indicators():
            return indicators()[name].unit
        if name.startswith("factor."):
            return ""
        if name.startswith(f"{pack.id}/"):
            try:
                return pack.clause(name).unit
            except KeyError:
                return None
        return None

    if not rows:
        return Facts([])
    options = dict(case.options)
    settings = {"factors": {"confirm": options.pop("confirm", ())}}
    return facts_from(rows, known_reported=known, settings=settings, checks=False)


def run_case(case: Case, pack: Pack) -> tuple[Assessment | None, list[Problem]]:
    """Assess the case and compare with what it expects."""

    def wrong(en: str) -> Problem:
        return Problem("case-fails", case.place, f"算例 {case.id}：{en}", f"case {case.id}: {en}")

    try:
        facts = case_facts(case, pack)
        if SUBJECT not in facts.subjects:
            from ecopark.observations.model import Subject

            facts = Facts(facts.observations, [Subject(SUBJECT)], settings=facts.settings)
        options = {k: v for k, v in case.options.items() if k != "confirm"}
        result = assess_pack(pack, facts, SUBJECT, Period.parse(case.period), since=case.since, options=options)
    except EcoparkError as error:
        return None, [wrong(str(error))]
    problems = []
    expect = case.expect
    if "verdict" in expect and result.verdict != expect["verdict"]:
        problems.append(wrong(f"verdict is {result.verdict}, expected {expect['verdict']}"))
    if "score" in expect:
        problems += [wrong(text) for text in _compare("score", result.score, expect["score"])]
    for tail, wanted in (expect.get("clauses") or {}).items():
        try:
            clause = result.clause(str(tail))
        except KeyError:
            problems.append(wrong(f"there is no clause {tail}"))
            continue
        if "status" in wanted and clause.status != wanted["status"]:
            problems.append(
                wrong(f"clause {tail} is {clause.status} ({clause.reason.en}), expected {wanted['status']}")
            )
        if "limit" in wanted and clause.limit.text() != str(wanted["limit"]):
            problems.append(wrong(f"clause {tail}: limit is '{clause.limit.text()}', expected '{wanted['limit']}'"))
        if "value" in wanted:
            problems += [wrong(t) for t in _compare(f"clause {tail}", clause.value, wanted)]
        if "missing" in wanted and [str(m) for m in clause.missing] != list(wanted["missing"]):
            problems.append(
                wrong(f"clause {tail}: missing {[str(m) for m in clause.missing]}, expected {wanted['missing']}")
            )
    return result, problems


def _compare(what: str, found: Any, wanted: Any) -> list[str]:
    value, tolerance = (
        (wanted.get("value"), wanted.get("tolerance", "0")) if isinstance(wanted, dict) else (wanted, "0")
    )
    if value is None or value in ("", "null", "none"):
        return [] if not isinstance(found, Fraction) else [f"{what} is {decimal_text(found)}, expected none"]
    if isinstance(value, bool) or value in ("true", "false"):
        flag = value is True or value == "true"
        return [] if found is flag else [f"{what} is {found}, expected {flag}"]
    if not isinstance(found, Fraction) or isinstance(found, bool):
        return [f"{what} has no number, expected {value}"]
    if abs(found - exact(str(value))) > exact(str(tolerance)):
        return [f"{what} is {decimal_text(found)}, expected {value} (tolerance {tolerance})"]
    return []


def check_pack(pack: Pack) -> list[Problem]:
    """Everything that is wrong with a loaded pack: names, formulas, units, rules, and its own cases."""
    from ecopark.indicators.cycles import cycles
    from ecopark.packs.lint import lint
    from ecopark.standards.compile import compile_clause
    from ecopark.standards.score import SCORE_RULES
    from ecopark.standards.verdict import VERDICT_RULES

    found = [*cycles(), *lint(pack, compile_clause, VERDICT_RULES, SCORE_RULES)]
    if any(p.code in ("formula", "unknown-rule") for p in found):
        return found
    try:
        cases = load_cases(pack)
    except PackError as error:
        return [*found, *error.problems]
    if not cases:
        place = Place(f"{pack.id}/cases")
        found.append(Problem("no-case", place, "没有算例", "the pack has no worked case", severity="warning"))
    for case in cases:
        found += run_case(case, pack)[1]
    return found
