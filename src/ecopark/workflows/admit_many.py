"""Thousands of projects before one policy: from a table of projects to a table of findings.

1. `admission.batch_projects` reads the table, `admission.places` the park's map, `admission.load` the policy.
2. `admission.batch.screen` holds every project against every rule, in columns.
3. What a project would hear alone can be had again with `Screening.rebuild`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ecopark.admission.batch import ENDINGS, Screening, screen
from ecopark.admission.load import find_policy
from ecopark.admission.places import ParkMap, read_map
from ecopark.admission.policy import Policy
from ecopark.admission.wording import VERDICTS
from ecopark.errors import EcoparkError
from ecopark.workflows.admit_project import chosen_day, decide_alone, park_folder, quotas_left
from ecopark.workflows.book_quotas import LedgerAddress

TABLES = (".parquet", ".csv", ".jsonl")
"""Files that hold many projects; a folder of descriptions does as well."""


def admit_many(
    projects: Any,
    policy: str | Path | Policy,
    *,
    park: str | Path | None = None,
    on: date | str | None = None,
    quotas: Mapping[tuple[str, int], Any] | None = None,
    park_map: ParkMap | None = None,
    ledger: str | Path | LedgerAddress | None = None,
    out: str | Path | None = None,
) -> Screening:
    """Hold many projects against a policy, each by itself against the same balances.

    Parameters
    ----------
    projects
        A ``.parquet`` or ``.csv`` table (one row a project, or one row a figure), a ``.jsonl`` file, a folder of
        descriptions, a data frame, or a list of descriptions.
    policy, park, on, quotas, park_map, ledger
        As for `admit_project.admit`.
    out
        Where to write: ``.parquet``, ``.csv`` or ``.json``.

    Returns
    -------
    screening
        Findings, verdicts and bookings as tables, and the projects that cannot be decided.

    Raises
    ------
    InputError
        The table, the policy or the map cannot be used.

    Examples
    --------
    >>> facts = [{"quantity": "energy_intensity", "value": v, "unit": "tce/10k CNY"} for v in ("0.34", "0.35", "0.38")]
    >>> given = [{"name": f"P{i}", "facts": [fact]} for i, fact in enumerate(facts)]
    >>> found = admit_many(given, "anji", on="2026-11-21")
    >>> found.counts()
    {'refuse': 1, 'undetermined': 2}
    """
    if out is not None and Path(out).suffix.lower() not in ENDINGS:
        raise EcoparkError(
            f"the findings are written as {', '.join(ENDINGS)}, not '{Path(out).name}'",
            zh=f"审查结果应写成 {', '.join(ENDINGS)}，而不是“{Path(out).name}”",
        )
    if out is not None:
        check_ending(out)
    day = chosen_day(on)
    folder = None if park is None else park_folder(park)
    rules = policy if isinstance(policy, Policy) else find_policy(policy, park=folder)

    @cache
    def layers() -> ParkMap | None:
        return park_map if park_map is not None or folder is None else read_map(folder, check=False)

    left, told = quotas_left(quotas, ledger, folder, rules, day)

    def alone(description: Any) -> Any:
        return decide_alone(description, rules, day, layers=layers(), quotas=left)[0]

    found = screen(projects, rules, day, layers=layers, quotas=left, alone=alone)
    found = replace(found, warnings=(*found.warnings, *told))
    if out is not None:
        found.write(out)
    return found


def check_ending(out: str | Path) -> None:
    """Refuse a file to write to whose ending is none of ``.parquet``, ``.csv``, ``.json``.

    Raises
    ------
    EcoparkError
        It is none of them.
    """
    if Path(out).suffix.lower() not in ENDINGS:
        name, endings = Path(out).name, ", ".join(ENDINGS)
        en = f"the findings are written as {endings}, not '{name}'"
        raise EcoparkError(en, zh=f"结果可写为 {endings}，而非 '{name}'")


def screening_text(found: Screening, lang: str = "en") -> str:
    """A screening in a few lines: projects by verdict, and the rules that refuse most."""
    zh = lang == "zh"
    lines = [f"{VERDICTS[verdict][lang]}\t{count}" for verdict, count in found.counts().items()]
    if found.problems:
        lines.append(("无法判定" if zh else "cannot be decided") + f"\t{len(found.problems)}")
    refused = found.findings.filter((pl.col("verdict") == "refuse") & (pl.col("status") == "not_met"))
    effects = {r.id: r.effect for r in found.policy.rules}
    told = [
        (rule, count)
        for rule, count in refused["rule"].value_counts(sort=True).iter_rows()
        if effects[rule] != "condition"
    ]
    if told:
        lines.append("不符合最多的条款：" if zh else "rules that refuse most:")
        lines += [f"  {found.policy.rule(rule).label[lang]} ({rule})\t{count}" for rule, count in told[:8]]
    return "\n".join(lines)


def is_table(path: Path) -> bool:
    """Whether a path holds many projects."""
    return path.is_dir() or path.suffix.lower() in TABLES
