"""Methods and firms for the tests, built small."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from ecopark.grading.load import load_method
from ecopark.grading.method import Method

SHARED = Path(os.environ.get("ECOPARK_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CUT = "A=20,B=45,C=30,D=5"

HEAD = """\
id: sample
title: {zh: 样例, en: sample}
status: draft
sources: [tests]
"""

PLAIN = (
    HEAD
    + """\
inputs:
  - {id: accident, zh: 事故, en: accident}
  - {id: new_firm, zh: 新企业, en: new firm}
  - {id: utility, zh: 公用, en: utility}
  - {id: tenant, zh: 租赁, en: tenant}
  - {id: bonus_points, zh: 加分, en: bonus, kind: number, unit: "1"}
groups:
  - id: tenants
    zh: 租赁企业
    en: tenants
    when: tenant
    follows: landlord
    items: []
  - id: big
    zh: 规上
    en: big
    when: "land_area_mu >= unit(3, 'mu')"
    items:
      - {indicator: tax_per_mu, base: "10", weight: "60", cap: "1.5", floor: "0"}
      - {indicator: value_added_per_energy, base: "2", weight: "40", missing: {rule: group_average}}
  - id: small
    zh: 规下
    en: small
    when: "land_area_mu < unit(3, 'mu')"
    items:
      - {indicator: tax_per_mu, base: "10", weight: "100", missing: {rule: points, points: "-3"}}
adjustments:
  - {id: bonus, zh: 加分, en: bonus, kind: bonus, points: bonus_points, cap: "5"}
vetoes:
  - {id: accident, zh: 事故, en: accident, when: accident, grade: C}
floors:
  - {id: new, zh: 新企业, en: new firm, when: new_firm, grade: C, unless_vetoed: true}
exemptions:
  - {id: utility, zh: 公用, en: utility, when: utility, grade: T}
cutoffs:
  kind: shares
  classes:
    - {id: A, zh: 甲, en: a, to: "20"}
    - {id: B, zh: 乙, en: b, to: "60"}
    - {id: C, zh: 丙, en: c, to: "95"}
    - {id: D, zh: 丁, en: d, to: "100"}
"""
)


def written(folder: Path, text: str = PLAIN) -> Method:
    """A method from its text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "method.yaml").write_text(text, encoding="utf-8")
    return load_method(folder)


def one_item(folder: Path, item: str, *, cutoffs: str = "") -> Method:
    """A method with one group and one item line."""
    return written(
        folder, HEAD + f"groups:\n  - id: all\n    zh: 全部\n    en: all\n    items:\n      - {item}\n{cutoffs}"
    )


def random_firms(count: int, seed: int, *, digits: int = 1) -> pl.DataFrame:
    """Firms with coarse figures, so that ties and missing values are many."""
    import numpy as np

    r = np.random.default_rng(seed)

    def amounts(low: float, high: float) -> pl.Series:
        values = pl.Series(np.round(r.uniform(low, high, count), digits))
        return pl.select(pl.when(pl.Series(r.random(count) > 0.1)).then(values)).to_series()

    def flags(share: float) -> pl.Series:
        return pl.Series(r.random(count) < share)

    firms = [f"F{i:04d}" for i in range(count)]
    return pl.DataFrame(
        {
            "firm": firms,
            "landlord": [firms[i] for i in r.integers(0, count, count)],
            "tax_paid_10k_cny": amounts(0, 60),
            "land_area_mu": pl.Series(np.round(r.uniform(1, 6, count), digits)),
            "industrial_value_added": amounts(1, 90),
            "energy_industrial_tce": amounts(1, 30),
            "bonus_points": amounts(0, 8),
            "accident": flags(0.05),
            "new_firm": flags(0.1),
            "utility": flags(0.05),
            "tenant": flags(0.1),
        }
    )
