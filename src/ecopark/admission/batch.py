"""Thousands of projects before one policy: the gate in columns. Start reading at `screen`.

The answers are those of `gate.decide` for each project alone, finding by finding: status, value, limit, reason, what is
missing, bookings and verdict. What differs is only how they are come by: see `batch_rules`. Nothing is booked, and no project
sees what another one would take: each is held against the same balance.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import chain
from pathlib import Path
from sys import getswitchinterval, setswitchinterval
from threading import Lock
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecopark.admission import batch_ground, batch_reasons
from ecopark.admission.batch_figures import Figures
from ecopark.admission.batch_places import Sites
from ecopark.admission.batch_plans import ask_for, plan_of
from ecopark.admission.batch_projects import ProjectTable, read_projects
from ecopark.admission.batch_rules import Answer, Held, Rows, Written, add_alone, hold_alone, hold_groups
from ecopark.admission.decision import VERDICTS, Decision
from ecopark.admission.gate import verdict_from
from ecopark.admission.places import ParkMap
from ecopark.admission.policy import STATUSES, Booking, Policy, QuotaState
from ecopark.core.collector import without_collector
from ecopark.errors import InputError, Problem

Ints = NDArray[np.int64]
STATUS = pl.Enum(STATUSES)
VERDICT = pl.Enum(VERDICTS)
EFFECTS = ("refuse", "undetermined", "condition", "decided")
"""What a finding does to the verdict, one bit each; the last: a rule was held at all."""
ENDINGS = (".parquet", ".csv", ".json")
TURN = 0.0001
"""How long one thread may hold the interpreter while another waits. [s]"""
ROW_GROUP = 60_000
"""Rows that are compressed at a time: several groups use both cores, and more than a few make the file larger."""


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
                frame.write_parquet(path, compression="lz4", statistics=False, row_group_size=ROW_GROUP)
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


class _ShortTurns:
    """Threads that take turns at the interpreter get it within a tenth of a millisecond instead of five.

    Most calls into columns are shorter than that: without it, either thread waits for the other after every one of them.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before = 0.0

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = getswitchinterval()
                setswitchinterval(min(self._before, TURN))
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:  # of screenings side by side the last one
                setswitchinterval(self._before)


_short_turns = _ShortTurns()


def screen(
    projects: Any,
    policy: Policy,
    on: date,
    *,
    layers: ParkMap | Callable[[], ParkMap | None] | None = None,
    quotas: QuotaState | None = None,
    alone: Callable[[Any], Decision],
) -> Screening:
    """Hold many projects against every rule of a policy.

    Parameters
    ----------
    projects
        What `batch_projects.read_projects` takes, or a table it has read.
    layers, quotas
        The park's map (or what reads it, while the projects are read), and what is left of each quota; the same for every
        project.
    alone
        Decides one description by itself: called for projects with anything out of the ordinary, and by `rebuild`.

    Raises
    ------
    InputError
        The table as a whole cannot be read. What is wrong with single projects is in `Screening.problems`.
    """
    with without_collector(), _short_turns, ThreadPoolExecutor(1, "screen") as helper:
        return _screen(projects, policy, on, layers, quotas, alone, helper)


def _screen(
    projects: Any,
    policy: Policy,
    on: date,
    layers: ParkMap | Callable[[], ParkMap | None] | None,
    quotas: QuotaState | None,
    alone: Callable[[Any], Decision],
    helper: Executor,
) -> Screening:
    drawn = helper.submit(layers if callable(layers) else lambda: layers)
    table = projects if isinstance(projects, ProjectTable) else read_projects(projects, policy.own_ratios)
    table.odd |= table.about["start"].fill_null(9999).to_numpy() < on.year
    measured = batch_ground.measured(policy.rules, table)
    settled = helper.submit(lambda: Sites(table, drawn.result(), measured))
    figures = Figures(table, policy, on)
    ask_for(policy.rules, figures, on, quotas)
    figures.run()
    rows = Rows(table, policy, on, figures, settled.result, quotas)
    by_rule: dict[str, Held] = {}
    writing: list[tuple[Held, Future[Written]]] = []
    for rule in sorted(policy.rules, key=lambda r: r.kind in batch_ground.GROUND):  # the map may still be being read
        one = by_rule[rule.id] = hold_groups(rule, rows, plan_of(rule, rows), ~table.odd)
        writing.append((one, helper.submit(batch_reasons.write, one)))
    for one, texts in reversed(writing):  # what the helper has not come to is written here
        one.written = batch_reasons.write(one) if texts.cancel() else None
    for one, texts in writing:
        one.written = one.written or texts.result()
    held = [by_rule[rule.id] for rule in policy.rules]
    sites = rows.sites
    problems = {row: found for row, found in sites.problems.items() if not table.odd[row]}
    decided = ~table.odd
    decided[list(problems)] = False
    for one in held:
        one.alone &= decided
        hold_alone(one, rows)
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
    made = _assemble(table, held, np.flatnonzero(decided), figures.years, helper)
    warnings = sites.layers.problems if sites.layers else ()
    return Screening(policy, on, *made, told, warnings, table, alone)


# -- putting it together -----------------------------------------------------------------------------------------------


def _assemble(
    table: ProjectTable, held: Sequence[Held], kept: Ints, years: Ints, helper: Executor
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Findings, projects and bookings of the projects that were decided."""
    size, count = len(kept), len(held)
    written = helper.submit(batch_reasons.together, held, kept)
    names = table.about["project"].gather(pl.Series(kept))
    group = np.stack([h.group[kept] for h in held], axis=1) if count else np.zeros((size, 0), dtype=np.int64)
    first = np.cumsum([0, *(len(h.answers) for h in held)])
    answers = [a for h in held for a in h.answers]
    told = group + first[:count]
    effects = np.array([_effect(a) for a in answers], dtype=np.int64)[told] if count else told
    verdicts = _verdicts(np.bitwise_or.reduce(effects, axis=1, initial=0))
    cells = told.reshape(-1)
    body = _fixed(answers)[cells].with_columns(_values(held, answers, told, kept))
    alone = np.stack([h.alone[kept] for h in held], axis=1).reshape(-1) if count else np.zeros(0, dtype=bool)
    project = np.repeat(np.arange(size), count)
    missing = _missing(held, group)
    texts = written.result()
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


def _missing(held: Sequence[Held], group: Ints) -> pl.Series:
    """What would settle the open rules of each project, each item once, in the order of the rules."""
    which = np.zeros(len(group), dtype=np.int64)
    before: list[tuple[Any, ...]] = [()]
    asked: list[list[tuple[Any, ...]]] = []  # by rule, the lists of items that are added to those before
    size = 1

    def known(number: int) -> tuple[Any, ...]:
        added = []
        for lists in reversed(asked):
            number, place = divmod(number, len(lists))
            added.append(lists[place])
        return (*before[number], *chain.from_iterable(reversed(added)))

    for place, one in enumerate(held):
        lacking: list[tuple[Any, ...]] = [(), *(_open(a) for a in one.answers)]
        distinct = {items: number for number, items in enumerate(dict.fromkeys(lacking))}
        if size * len(distinct) >= 2**62:
            used, which = np.unique(which, return_inverse=True)
            before, asked, size = [known(i) for i in used.tolist()], [], len(used)
        if len(distinct) > 1:
            which = which * len(distinct) + np.array([distinct[items] for items in lacking])[group[:, place] + 1]
            asked.append(list(distinct))
            size *= len(distinct)
    used, which = np.unique(which, return_inverse=True)
    return pl.Series([";".join(dict.fromkeys(map(str, known(i)))) for i in used.tolist()], dtype=pl.String)[which]


def _open(answer: Answer) -> tuple[Any, ...]:
    return answer.finding.missing if answer.finding.status == "undetermined" else ()


def _values(held: Sequence[Held], answers: Sequence[Answer], told: Ints, kept: Ints) -> pl.Series:
    """The value of every finding that is a number."""
    values = np.array([_number(a.finding.value) for a in answers])[told]
    slots = np.array([a.value_slot for a in answers], dtype=np.int64)[told]
    for number, one in enumerate(held):
        for slot, own in one.values.items():
            mine = slots[:, number] == slot
            values[mine, number] = own[kept[mine]]
    return pl.Series("value", values.reshape(-1), nan_to_null=True)


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
