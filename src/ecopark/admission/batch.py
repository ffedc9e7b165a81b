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
from ecopark.admission.batch_plans import PLANS, ask_for, plan_of
from ecopark.admission.batch_projects import ProjectTable, read_projects
from ecopark.admission.batch_rules import Answer, Held, Rows, add_alone, hold_all
from ecopark.admission.decision import VERDICTS, Decision
from ecopark.admission.gate import verdict_from
from ecopark.admission.places import ParkMap
from ecopark.admission.policy import STATUSES, Policy, QuotaState
from ecopark.errors import InputError, Problem

Ints = NDArray[np.int64]
STATUS = pl.Enum(STATUSES)
VERDICT = pl.Enum(VERDICTS)
KINDS_FROM = (batch_ground,)
"""Modules beside `batch_plans` that say what kinds of rules look at."""
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
    table = projects if isinstance(projects, ProjectTable) else read_projects(projects, policy.own_ratios)
    table.odd |= table.about["start"].fill_null(9999).to_numpy() < on.year
    figures = Figures(table, policy, on)
    ask_for(policy.rules, figures, on, quotas)
    figures.run()
    sites = Sites(table, layers)
    sites.measured = any(r.kind not in PLANS or getattr(r.spec, "aspect", "") == "setback" for r in policy.rules)
    rows = Rows(table, policy, on, figures, sites, quotas)
    problems = {row: found for row, found in sites.problems.items() if not table.odd[row]}
    decided = ~table.odd
    decided[list(problems)] = False
    held = [hold_all(rule, rows, plan_of(rule, rows), decided) for rule in policy.rules]
    for row in np.flatnonzero(table.odd).tolist():
        try:
            decision = alone(table.describe(row))
        except InputError as error:
            problems[row] = error.problems
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
    effects = np.zeros(size, dtype=np.int64)
    missing = [""] * size
    pieces, booked = [], []
    for one in held:
        group = one.group[kept]
        found = [a.finding for a in one.answers]
        by_group = np.array([_effect(a) for a in one.answers], dtype=np.int64)
        effects |= by_group[group]
        _gather_missing(one, group, missing)
        pieces.append(
            pl.DataFrame(
                {
                    "status": pl.Series([f.status for f in found], dtype=STATUS).gather(pl.Series(group)),
                    "value": _values(one, group, kept),
                    "word": pl.Series([_word(f.value) for f in found], dtype=pl.String).gather(pl.Series(group)),
                    "unit": pl.Series([f.unit for f in found], dtype=pl.String).gather(pl.Series(group)),
                    "limit": _texts(one, group, kept, "limit"),
                    "reason_zh": _texts(one, group, kept, "zh"),
                    "reason_en": _texts(one, group, kept, "en"),
                    "missing": pl.Series([_items(a) for a in one.answers], dtype=pl.String).gather(pl.Series(group)),
                    "alone": one.alone[kept],
                }
            )
        )
        booked += _bookings(one, group, kept, names)
    verdicts = _verdicts(effects)
    order = np.arange(size * count).reshape(count, size).T.reshape(-1) if size else np.zeros(0, dtype=np.int64)
    body = pl.concat(pieces)[order]
    findings = pl.DataFrame(
        {
            "project": names.gather(pl.Series(np.repeat(np.arange(size), count))),
            "verdict": verdicts.gather(pl.Series(np.repeat(np.arange(size), count))),
            "rule": _repeated([h.rule.id for h in held], size),
            "clause": _repeated([h.rule.clause for h in held], size),
            "basis": _repeated([h.rule.basis for h in held], size),
        }
    )
    columns = ["project", "verdict", "rule", "clause", *body.columns[:-2], "basis", *body.columns[-2:]]
    findings = pl.concat([findings, body], how="horizontal").select(columns)
    projects = pl.DataFrame({"project": names, "verdict": verdicts, "period": years[kept], "missing": missing})
    return findings, projects, pl.concat([_NO_BOOKINGS, *booked])


def _repeated(texts: Sequence[str], size: int) -> pl.Series:
    """The texts of the rules, over and over: few distinct ones, kept as such."""
    distinct = list(dict.fromkeys(texts))
    index = np.tile(np.array([distinct.index(t) for t in texts], dtype=np.int64), size)
    return pl.Series(distinct, dtype=pl.Enum(distinct)).gather(pl.Series(index))


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


def _values(one: Held, group: Ints, kept: Ints) -> pl.Series:
    values = np.array([_number(a.finding.value) for a in one.answers])[group]
    slots = np.array([a.value_slot for a in one.answers])[group]
    for number, own in one.values.items():
        mine = slots == number
        values[mine] = own[kept[mine]]
    return pl.Series(values, nan_to_null=True)


def _texts(one: Held, group: Ints, kept: Ints, lang: str) -> pl.Series:
    """The reasons, every project's own numbers and names put in."""
    patterns: dict[tuple[int, ...], list[int]] = {}
    for i, answer in enumerate(one.answers):
        patterns.setdefault(getattr(answer, lang)[1::2], []).append(i)
    if len(patterns) == 1:
        return _filled(one, next(iter(patterns)), group, kept, lang)
    parts, places = [], []
    for slots, members in patterns.items():
        mine = np.flatnonzero(np.isin(group, members))
        if len(mine):
            parts.append(_filled(one, slots, group[mine], kept[mine], lang))
            places.append(mine)
    if not parts:
        return pl.Series([], dtype=pl.String)
    back = np.empty(len(group), dtype=np.int64)
    back[np.concatenate(places)] = np.arange(len(group))
    return pl.concat(parts).gather(pl.Series(back))


def _filled(one: Held, slots: tuple[int, ...], group: Ints, kept: Ints, lang: str) -> pl.Series:
    """Texts of one pattern: text, slot, text, slot, ..., text."""
    found = [getattr(a, lang) for a in one.answers]
    where, rows = pl.Series(group), pl.Series(kept)
    columns = []
    for place in range(len(slots) + 1):
        fixed = pl.Series([f[2 * place] if len(f) > 2 * place else "" for f in found], dtype=pl.String)
        columns.append(fixed.gather(where))
        if place < len(slots):
            columns.append(getattr(one.words[slots[place]], lang).gather(rows))
    if len(columns) == 1:
        return columns[0]
    return pl.select(pl.concat_str(columns)).to_series()


_BOOKED = {
    "project": pl.String, "rule": pl.String, "quota": pl.String, "year": pl.Int64, "amount": pl.Float64,
    "unit": pl.String, "ratio": pl.Float64, "required": pl.Float64,
}  # fmt: skip
_NO_BOOKINGS = pl.DataFrame(schema=_BOOKED)


def _bookings(one: Held, group: Ints, kept: Ints, names: pl.Series) -> list[pl.DataFrame]:
    made = []
    for i, answer in enumerate(one.answers):
        if not answer.finding.bookings:
            continue
        mine = np.flatnonzero(group == i)
        if not len(mine):
            continue
        for b in answer.finding.bookings:
            amount = np.full(len(mine), float(b.amount))
            if answer.booked_slot >= 0:
                amount = one.values[answer.booked_slot][kept[mine]]
            made.append(
                pl.DataFrame({"project": names.gather(pl.Series(mine)), "amount": amount}).select(
                    "project",
                    pl.lit(b.rule).alias("rule"),
                    pl.lit(b.quota).alias("quota"),
                    pl.lit(b.year, pl.Int64).alias("year"),
                    "amount",
                    pl.lit(b.unit).alias("unit"),
                    pl.lit(float(b.ratio)).alias("ratio"),
                    (pl.col("amount") * float(b.ratio)).alias("required"),
                )
            )
    return made


__all__ = ["Screening", "screen"]
