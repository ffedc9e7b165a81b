"""A small pack on disk that tests can spoil."""

from __future__ import annotations

from pathlib import Path

PACK = """\
id: sample-2020
title: {zh: 样例, en: Sample}
issuer: {zh: 某部, en: a ministry}
number: S 1-2020
status: draft
sources: [https://example.org/s1]
groups:
  - {id: energy, zh: 能源, en: Energy}
parameters:
  - {id: years, default: "3", zh: 年数, en: Years}
option_sets:
  - {id: O1, clauses: ["2"], need: 1, zh: 一项, en: one of them}
footnotes: []
verdict:
  - {rule: all_met, kinds: [mandatory], basis: seen, zh: 全部达标, en: all met}
score: null
"""
CLAUSES = """\
clauses:
  - id: "1"
    group: energy
    kind: mandatory
    zh: 单位工业增加值能耗
    en: Energy per industrial value added
    unit: tce/10k CNY
    direction: lower
    formula: "energy_industrial_tce / industrial_value_added"
    limit: {op: "<=", value: "0.5"}
    basis: seen
    reference: "no. 1"
  - id: "2"
    group: energy
    kind: optional
    option_set: O1
    zh: 平台
    en: Platform
    direction: flag
    formula: "green_info_platform_complete"
    limit: {op: "==", value: true}
    basis: seen
    reference: "no. 2"
"""
CASE = """\
id: half
period: "2023"
facts:
  - [energy_industrial_tce, "2023", "5", tce]
  - [industrial_value_added, "2023", "10", 10k CNY]
expect:
  clauses:
    "1": {status: met, value: "0.5"}
"""


def write_pack(folder: Path, clauses: str = CLAUSES, pack: str = PACK, case: str = CASE) -> Path:
    """The sample pack in `folder`/sample-2020, its files replaced where given."""
    where = folder / "sample-2020"
    (where / "cases").mkdir(parents=True)
    (where / "pack.yaml").write_text(pack, encoding="utf-8")
    (where / "clauses.yaml").write_text(clauses, encoding="utf-8")
    if case:
        (where / "cases" / "half.yaml").write_text(case, encoding="utf-8")
    return where
