"""Thousands of projects before one policy: the gate in columns. Start reading at `screen`.

The answers are those of `gate.decide` for each project alone, finding by finding: status, value, limit, reason, what is
missing, bookings and verdict. What differs is only how they are come by: see `batch_rules`. Nothing is booked, and no project
sees what another one would take: each is held against the same balance.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission import batch_ground
from ecopark.admission.batch_figures import Figures
from ecopark.admission.batch_places import Sites
from ecopark.admission.batch_plans import ask_for, plan_of
from ecopark.admission.batch_projects import ProjectTable, read_projects
from ecopark.admission.batch_rules import Answer, Held, Rows, add_alone, hold_all
from ecopark.admission.decision import VERDICTS, Decision
from ecopark.admission.gate import verdict_from
from ecopark.admission.places import ParkMap, no_collection
from ecopark.admission.policy import STATUSES, Booking, Policy, QuotaState
from ecopark.errors import InputError, Problem

Ints = NDArray[np.int64]
STATUS = pl.Enum(STATUSES)
VERDICT = pl.Enum(VERDICTS)
EFFECTS = ("refuse", "undetermined", "condition", "decided")
"""What a finding does to the verdict, one bit each; the last: a rule was held at all."""
ENDINGS = (".parquet", ".csv", ".json")


@dataclass
class Screening:
    """What the gate says of many projects.

    Parameters
    ----------
    findings
        One row per project and rule, rules in the order of the policy: ``project, verdict, rule, clause, status, value``
        (number; flags as 1 and 0), ``word`` (a value that is no number), ``unit, limit, reason_zh, reason_en, basis,
        missing`` (ids joined by ``;``), ``alone`` (held by itself, exactly).
    projects
        One row per project: ``project, verdict, period, missing``.
    bookings
        What the projects would take of quotas: ``project, rule, quota, year, amount, unit, ratio, required``.
    problems
        Projects that cannot be decided, and why.
    """

    policy: Policy
    on: date
    findings: pl.DataFrame
    projects: pl.DataFrame
    bookings: pl.DataFrame
    problems: dict[str, Sequence[Problem]]
    warnings: tuple[Problem, ...] = ()
    table: ProjectTable = field(repr=False, default=None)  # type: ignore[assignment]
    again: Callable[[Any], Decision] | None = field(repr=False, default=None)

    def rebuild(self, project: str) -> Decision:
        """The whole decision on one project, exact and with traces.

        Raises
        ------
        KeyError
            There is no such project.
        """
        found = np.flatnonzero((self.table.about["project"] == project).to_numpy())
        if not len(found) or self.again is None:
            raise KeyError(project)
        return self.again(self.table.describe(int(found[0])))

    def counts(self) -> dict[str, int]:
        """How many projects have which verdict."""
        found = dict(self.projects["verdict"].value_counts().iter_rows())
        return {v: found[v] for v in VERDICTS if v in found}

    def write(self, out: str | Path) -> list[Path]:
        """Write the findings (``.parquet``, ``.csv``) with projects and bookings beside them, or everything (``.json``).

        Raises
        ------
        ValueError
            The ending is none of these.
        """
        out = Path(out)
        ending = out.suffix.lower()
        if ending not in ENDINGS:
            raise ValueError(f"{out.name}: the ending is one of {', '.join(ENDINGS)}")
        if ending == ".json":
            out.write_text(json.dumps(self.to_list(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            return [out]
        made = []
        for name, frame in (("", self.findings), ("-projects", self.projects), ("-bookings", self.bookings)):
            path = out.with_name(out.stem + name + ending)
            if ending == ".parquet":
                frame.write_parquet(path, compression="lz4", statistics=False)
            else:
                frame.write_csv(path)
            made.append(path)
        return made

    def to_list(self) -> list[dict[str, Any]]:
        """Each project as `ecopark admit --format json` has it; numbers are float64 shown with 15 digits."""
        made: dict[str, dict[str, Any]] = {}
        for name, verdict, missing in self.projects.select("project", "verdict", "missing").iter_rows():
            items = missing.split(";") if missing else []
            made[name] = {
                "project": name, "verdict": verdict, "findings": [], "bookings": [], "missing": items,
                "counter_offer": None, "places": [],
            }  # fmt: skip
        for row in self.findings.iter_rows(named=True):
            value = row["word"] if row["value"] is None else _shown(row["value"], row["word"])
            made[row["project"]]["findings"].append(
                {k: row[k] for k in ("rule", "clause", "status", "reason_zh", "reason_en")}
                | {"value": value, "limit": row["limit"] or None, "basis": row["basis"]}
            )
        for row in self.bookings.iter_rows(named=True):
            shown = {
                k: _shown(row[k]) if k in ("amount", "ratio", "required") else row[k] for k in _BOOKED if k != "project"
            }
            made[row["project"]]["bookings"].append(shown)
        return list(made.values())


def _shown(number: float, word: str | None = None) -> Any:
    if word in ("true", "false"):
        return word == "true"
    return np.format_float_positional(float(f"{number:.15g}"), trim="-")


def screen(
    projects: Any,
    policy: Policy,
    on: date,
    *,
    layers: ParkMap | None = None,
    quotas: QuotaState | None = None,
    alone: Callable[[Any], Decision],
) -> Screening:
    """Hold many projects against every rule of a policy.

    Parameters
    ----------
    projects
        What `batch_projects.read_projects` takes, or a table it has read.
    layers, quotas
        The park's map, and what is left of each quota; the same for every project.
    alone
        Decides one description by itself: called for projects with anything out of the ordinary, and by `rebuild`.

    Raises
    ------
    InputError
        The table as a whole cannot be read. What is wrong with single projects is in `Screening.problems`.
    """
    with no_collection():
        return _screen(projects, policy, on, layers, quotas, alone)


def _screen(
    projects: Any,
    policy: Policy,
    on: date,
    layers: ParkMap | None,
    quotas: QuotaState | None,
    alone: Callable[[Any], Decision],
) -> Screening:
    table = projects if isinstance(projects, ProjectTable) else read_projects(projects, policy.own_ratios)
    table.odd |= table.about["start"].fill_null(9999).to_numpy() < on.year
    figures = Figures(table, policy, on)
    ask_for(policy.rules, figures, on, quotas)
    figures.run()
    sites = Sites(table, layers)
    rows = Rows(table, policy, on, figures, sites, quotas)
    sites.measured = batch_ground.measured(policy.rules, rows)
    problems = {row: found for row, found in sites.problems.items() if not table.odd[row]}
    decided = ~table.odd
    decided[list(problems)] = False
    held = [hold_all(rule, rows, plan_of(rule, rows), decided) for rule in policy.rules]
    for row in np.flatnonzero(table.odd).tolist():
        try:
            decision = alone(table.describe(row))
        except InputError as error:
            problems[row] = [p for p in error.problems if p.severity == "error"]
            continue
        decided[row] = True
        figures.years[row] = int(decision.period[:4])
        for one, finding in zip(held, decision.findings, strict=True):
            add_alone(one, row, finding)
    names = table.about["project"].to_list()
    told = {names[row] or f"#{row + 1}": problems[row] for row in sorted(problems)}
    made = _assemble(table, held, np.flatnonzero(decided), figures.years)
    return Screening(policy, on, *made, told, layers.problems if layers else (), table, alone)


# -- putting it together -----------------------------------------------------------------------------------------------


def _assemble(
    table: ProjectTable, held: Sequence[Held], kept: Ints, years: Ints
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Findings, projects and bookings of the projects that were decided."""
    size, count = len(kept), len(held)
    names = table.about["project"].gather(pl.Series(kept))
    group = np.stack([h.group[kept] for h in held], axis=1) if count else np.zeros((size, 0), dtype=np.int64)
    first = np.cumsum([0, *(len(h.answers) for h in held)])
    answers = [a for h in held for a in h.answers]
    told = group + first[:count]
    effects = np.array([_effect(a) for a in answers], dtype=np.int64)[told] if count else told
    verdicts = _verdicts(np.bitwise_or.reduce(effects, axis=1, initial=0))
    cells = told.reshape(-1)
    body = _fixed(answers)[cells].with_columns(_values(held, answers, told, kept))
    texts = _texts(held, answers, first, cells, np.repeat(kept, count))
    alone = np.stack([h.alone[kept] for h in held], axis=1).reshape(-1) if count else np.zeros(0, dtype=bool)
    project = np.repeat(np.arange(size), count)
    findings = pl.DataFrame(
        {
            "project": names,
            "verdict": verdicts,
        }
    )[project].with_columns(
        _repeated("rule", [h.rule.id for h in held], size),
        _repeated("clause", [h.rule.clause for h in held], size),
        body["status"], body["value"], body["word"], body["unit"], texts["limit"], texts["reason_zh"], texts["reason_en"],
        _repeated("basis", [h.rule.basis for h in held], size),
        body["missing"], pl.Series("alone", alone),
    )  # fmt: skip
    missing = [""] * size
    for number, one in enumerate(held):
        _gather_missing(one, group[:, number], missing)
    projects = pl.DataFrame({"project": names, "verdict": verdicts, "period": years[kept], "missing": missing})
    booked = [_bookings(one, group[:, number], kept, names) for number, one in enumerate(held)]
    return findings, projects, pl.concat([_NO_BOOKINGS, *booked])


def _fixed(answers: Sequence[Answer]) -> pl.DataFrame:
    """What is the same for everybody who gets an answer."""
    found = [a.finding for a in answers]
    return pl.DataFrame(
        {
            "status": pl.Series([f.status for f in found], dtype=STATUS),
            "word": _few([_word(f.value) for f in found]),
            "unit": _few([f.unit for f in found]),
            "missing": _few([_items(a) for a in answers]),
        }
    )


def _few(texts: Sequence[str | None]) -> pl.Series:
    """Texts of which few are distinct."""
    return pl.Series(texts, dtype=pl.Enum(list(dict.fromkeys(t for t in texts if t is not None))))


def _repeated(name: str, texts: Sequence[str], size: int) -> pl.Series:
    """The texts of the rules, over and over: few distinct ones, kept as such."""
    distinct = list(dict.fromkeys(texts))
    index = np.tile(np.array([distinct.index(t) for t in texts], dtype=np.int64), size)
    return pl.Series(name, distinct, dtype=pl.Enum(distinct))[index]


def _effect(answer: Answer) -> int:
    finding = answer.finding
    bits = 1 << EFFECTS.index(finding.decides) if finding.decides else 0
    return bits | (8 if finding.status in ("met", "condition", "not_met") else 0)


def _verdicts(effects: Ints) -> pl.Series:
    distinct, index = np.unique(effects, return_inverse=True)
    words = [
        verdict_from({e for i, e in enumerate(EFFECTS[:3]) if bits >> i & 1}, bool(bits & 8))
        for bits in distinct.tolist()
    ]
    return pl.Series(words, dtype=VERDICT).gather(pl.Series(index))


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, bool | Fraction) else np.nan


def _items(answer: Answer) -> str:
    return ";".join(map(str, answer.finding.missing))


def _gather_missing(one: Held, group: Ints, missing: list[str]) -> None:
    """What would settle the open rules, each item once, in the order of the rules."""
    lacking = {
        i: _items(a) for i, a in enumerate(one.answers) if a.finding.status == "undetermined" and a.finding.missing
    }
    if not lacking:
        return
    joined: dict[tuple[str, str], str] = {}
    for place in np.flatnonzero(np.isin(group, list(lacking))).tolist():
        pair = missing[place], lacking[int(group[place])]
        if pair not in joined:
            joined[pair] = ";".join(dict.fromkeys(m for known in pair for m in known.split(";") if m))
        missing[place] = joined[pair]


def _values(held: Sequence[Held], answers: Sequence[Answer], told: Ints, kept: Ints) -> pl.Series:
    """The value of every finding that is a number."""
    values = np.array([_number(a.finding.value) for a in answers])[told]
    slots = np.array([a.value_slot for a in answers], dtype=np.int64)[told]
    for number, one in enumerate(held):
        for slot, own in one.values.items():
            mine = slots[:, number] == slot
            values[mine, number] = own[kept[mine]]
    return pl.Series("value", values.reshape(-1), nan_to_null=True)


TEXTS = (("reason_zh", "zh"), ("reason_en", "en"), ("limit", "limit"))


def _texts(held: Sequence[Held], answers: Sequence[Answer], first: Ints, cells: Ints, rows: Ints) -> pl.DataFrame:
    """Reasons and limits, every project's own numbers and names put in.

    Answers are taken together whose texts have the same slots at the same places.
    """
    owner = np.repeat(np.arange(len(held)), np.diff(first))
    patterns: dict[Any, list[int]] = {}
    for i, answer in enumerate(answers):
        slots = answer.zh[1::2], answer.en[1::2], answer.limit[1::2]
        patterns.setdefault((int(owner[i]) if any(slots) else -1, *slots), []).append(i)
    number = np.zeros(max(len(answers), 1), dtype=np.int64)
    place = np.zeros(max(len(answers), 1), dtype=np.int64)
    for at, members in enumerate(patterns.values()):
        number[members], place[members] = at, np.arange(len(members))
    small = np.uint16 if len(patterns) < 2**16 else np.int64  # short numbers are sorted several times faster
    own = number.astype(small)[cells]
    order = np.argsort(own, kind="stable")
    ends = np.cumsum([0, *np.bincount(own, minlength=len(patterns))])
    parts = []
    for at, (pattern, members) in enumerate(patterns.items()):
        mine = order[ends[at] : ends[at + 1]]
        if len(mine):
            parts.append(
                _filled(held[pattern[0]], pattern[1:], [answers[i] for i in members], place[cells[mine]], rows[mine])
            )
    back = np.empty(len(cells), dtype=np.uint32)
    back[order] = np.arange(len(cells), dtype=np.uint32)
    empty = pl.DataFrame(schema={name: pl.String for name, _ in TEXTS})
    return pl.concat(parts, rechunk=True)[back] if parts else empty  # of many chunks it is picked thirty times slower


def _filled(one: Held, patterns: Any, answers: Sequence[Answer], which: Ints, rows: Ints) -> pl.DataFrame:
    """Texts of one pattern: text, slot, text, slot, ..., text."""
    fixed, own, made = {}, {}, []
    for (name, lang), slots in zip(TEXTS, patterns, strict=True):
        columns = []
        for at in range(len(slots) + 1):
            pieces = [getattr(a, lang)[2 * at] for a in answers]
            if len(set(pieces)) == 1:
                columns.append(pl.lit(pieces[0]))
            else:
                fixed[f"{lang}{at}"] = pl.Series(pieces, dtype=pl.String)
                columns.append(pl.col(f"{lang}{at}"))
            if at < len(slots):
                own[f"{lang}-{slots[at]}"] = getattr(one.words[slots[at]], lang)
                columns.append(pl.col(f"{lang}-{slots[at]}"))
        made.append((columns[0] if len(columns) == 1 else pl.concat_str(columns)).alias(name))
    taken = [pl.DataFrame(fixed)[which]] if fixed else []
    taken += [pl.DataFrame(own)[rows]] if own else []
    if not taken:
        taken = [pl.DataFrame({"": np.zeros(len(rows), dtype=np.int8)})]
    return pl.concat(taken, how="horizontal").with_columns(made).select(name for name, _ in TEXTS)


_BOOKED = {
    "project": pl.String, "rule": pl.String, "quota": pl.String, "year": pl.Int64, "amount": pl.Float64,
    "unit": pl.String, "ratio": pl.Float64, "required": pl.Float64,
}  # fmt: skip
_NO_BOOKINGS = pl.DataFrame(schema=_BOOKED)


def _bookings(one: Held, group: Ints, kept: Ints, names: pl.Series) -> pl.DataFrame:
    """What the projects take of quotas under one rule."""
    places: list[Ints] = []
    which: list[Any] = []
    bookings: list[Booking] = []
    for i, answer in enumerate(one.answers):
        for b in answer.finding.bookings:
            mine = np.flatnonzero(group == i)
            amount = np.full(len(mine), float(b.amount))
            if answer.booked_slot >= 0:
                amount = one.values[answer.booked_slot][kept[mine]]
            places.append(mine)
            which.append((np.full(len(mine), len(bookings)), amount))
            bookings.append(b)
    if not bookings:
        return _NO_BOOKINGS
    row = np.concatenate(places)
    index, amount = np.concatenate([w for w, _ in which]), np.concatenate([a for _, a in which])
    order = np.lexsort((index, row))
    told = pl.DataFrame(
        [(b.rule, b.quota, b.year, b.unit, float(b.ratio)) for b in bookings],
        schema=["rule", "quota", "year", "unit", "ratio"], orient="row",
    )[index[order]]  # fmt: skip
    made = told.with_columns(names[row[order]].alias("project"), pl.Series("amount", amount[order]))
    return made.with_columns((pl.col("amount") * pl.col("ratio")).alias("required")).select(
        pl.col(name).cast(dtype) for name, dtype in _BOOKED.items()
    )


__all__ = ["Screening", "screen"]
