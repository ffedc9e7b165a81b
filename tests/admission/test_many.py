"""Many projects at once: every finding is the one that the project would hear alone."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.admission.batch import Screening, screen
from ecopark.admission.batch_projects import read_projects
from ecopark.admission.decision import Decision, shown_value
from ecopark.admission.load import find_policy, shipped_policies
from ecopark.admission.places import ParkMap, read_map
from ecopark.admission.policy import Policy
from ecopark.errors import InputError
from ecopark.workflows.admit_project import decide_alone
from tests.admission.samples import ON, feature, small_park, square, write_park

DAY = date.fromisoformat(ON)
CODES = ["3973", "2614", "2761", "3011", "2511", "C3824", "4620", "7320", "1491", ""]
SPOKEN = ["", "-", "封装测试", "硝化工序", "无硝化", "含汞;露天喷漆", "Phosgene 光气", "wafer, 氰化电镀"]
FIGURES: dict[str, tuple[list[str], ...]] = {
    "energy_total_tce": (["760", "700", "0", "100", "99.99", "1234.5678"],),
    "industrial_value_added": (["2000", "0", "2171.428571", "1e3", "12345678"],),
    "industrial_gross_output": (["22000", "0", "29333.3", "12000"],),
    "tax_paid_10k_cny": (["1280", "1400", "-12.5", "0", "2400"],),
    "fixed_investment": (["14400", "14000", "10000", "0"],),
    "land_area_mu": (["40", "60", "30", "0", "40.5", "3.2万"],),
    "floor_area_m2 [万平方米]": (["4", "3.2", "2.56"],),
    "rd_expenditure": (["880", "660", "0"],),
    "industrial_fresh_water_m3": (["14000", "16000", "0", "12000"],),
    "co2_emissions_t": (["1900", "6000", "6000.01"],),
    "emission_cod_t": (["1.5", "5", "5.0001", "0"],),
    "emission_nox_t [kg]": (["400", "10000", "0"],),
    "energy_intensity": (["0.35", "0.350000001", "0.38"],),
    "tax_per_mu [CNY/mu]": (["350000", "450000", "349999.99"],),
}
QUOTAS = {
    ("energy", 2026): Fraction(5000),
    ("energy", 2028): Fraction(700),
    ("cod", 2026): Fraction(10),
    ("nox", 2027): Fraction(1),
}


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> ParkMap:
    folder = tmp_path_factory.mktemp("park")
    small_park(folder)
    bears = {"cod_capacity_t": 12.5, "cod_load_t": 11, "nox_capacity_t": "30", "nox_load_t": 4}
    full = {"cod_capacity_t": 5, "cod_load_t": 5.25, "nox_capacity_t": 0.3, "nox_load_t": 0.1}
    units = [feature(square(120.0, 30.0), id="U1", zh="甲单元", **{"class": "key"}, **bears)]
    units += [feature(square(120.01, 30.0), id="U2", **{"class": "priority"}, **full)]
    units += [feature(square(120.005, 30.005, 0.008), id="U3", **{"class": "general"})]
    near = [(120.0212, 30.004), (120.0035, 30.0028), (120.0131, 29.9992)]
    sensitive = [
        feature({"type": "Point", "coordinates": p}, id=f"S{i}", type="residential") for i, p in enumerate(near)
    ]
    reserve = [feature(square(120.006, 30.0, 0.001), id="R1", zh="留白")]
    write_park(folder, control_units=units, sensitive=sensitive, reserve=reserve)
    made = read_map(folder)
    assert made is not None
    return made


def rows(r: random.Random, count: int) -> list[dict[str, Any]]:
    """Projects as people might type them: gaps, zeros, figures on the limit, places in and out of the park."""
    made = []
    for number in range(count):
        row: dict[str, Any] = {"project": f"P{number}", "industry_code": r.choice(CODES), "words": r.choice(SPOKEN)}
        row |= {"kind": r.choice(["", "", "retrofit", "expansion"]), "start": r.choice(["", "", "2026", "2028"])}
        where = r.random()
        row["parcel"] = r.choice(["A", "B", "C", "D"]) if where < 0.3 else ""
        row["group"] = r.choice(["G02", "G09"]) if 0.3 <= where < 0.4 else ""
        inside = 0.4 <= where < 0.9
        row["longitude"] = r.choice([120.01, round(120 + 0.0205 * r.random(), 7)]) if inside else None
        row["latitude"] = round(30 + 0.0102 * r.random(), 7) if inside else None
        for office in ("environment", "investment", "land"):
            row[f"opinion.{office}"] = r.choice(["", "agree", "agree", "conditions", "oppose"])
        row["opinion.land.note"] = r.choice(["", "补办手续"])
        for name, (usual,) in FIGURES.items():
            row[name] = (
                None
                if r.random() < 0.12
                else r.choice(usual)
                if r.random() < 0.6
                else str(round(r.lognormvariate(6, 2), 2))
            )
        for name in ("energy_intensity", "tax_per_mu [CNY/mu]"):
            if r.random() < 0.7:
                row[name] = None
        made.append(row)
    return made


def same(found: Screening, decision: Decision, name: str) -> None:
    """Assert that a project's rows are the decision it gets alone."""
    mine = found.findings.filter(pl.col("project") == name)
    assert mine["rule"].to_list() == [f.id for f in decision.findings]
    for row, f in zip(mine.iter_rows(named=True), decision.findings, strict=True):
        about = f"{name} {f.id}"
        assert (row["status"], row["reason_zh"], row["reason_en"]) == (f.status, f.reason.zh, f.reason.en), about
        assert (row["limit"], row["unit"], row["basis"], row["clause"]) == (
            f.limit,
            f.unit,
            f.rule.basis,
            f.rule.clause,
        ), about
        assert row["missing"] == ";".join(map(str, f.missing)), about
        if isinstance(f.value, Fraction):
            assert row["value"] == pytest.approx(float(f.value), rel=4e-16, abs=0), about
        else:
            assert row["word"] == shown_value(f.value), about
    whole = found.projects.filter(pl.col("project") == name).row(0, named=True)
    assert (whole["verdict"], whole["missing"]) == (decision.verdict, ";".join(map(str, decision.missing)))
    booked = found.bookings.filter(pl.col("project") == name)
    told = [(b["rule"], b["quota"], b["year"], b["unit"], b["ratio"]) for b in booked.iter_rows(named=True)]
    assert told == [(b.rule, b.quota, b.year, b.unit, float(b.ratio)) for b in decision.bookings]
    assert booked["required"].to_list() == pytest.approx([float(b.required) for b in decision.bookings], rel=1e-15)


def check(given: Any, policy: Policy, layers: ParkMap | None, quotas: Any, on: date = DAY) -> Screening:
    """Screen the projects and hold each against what it hears alone."""

    def alone(description: Any) -> Decision:
        return decide_alone(description, policy, on, layers=layers, quotas=quotas)[0]

    table = read_projects(given, policy.own_ratios)
    found = screen(table, policy, on, layers=layers, quotas=quotas, alone=alone)
    for number, name in enumerate(table.about["project"].to_list()):
        try:
            decision = alone(table.describe(number))
        except InputError as error:
            assert [p.code for p in found.problems[name]] == [p.code for p in error.problems]
            assert not found.findings.filter(pl.col("project") == name).height
        else:
            same(found, decision, name)
    assert len(found.projects) + len(found.problems) == len(table)
    return found


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**9))
def test_every_finding_is_the_one_a_project_hears_alone(layers: ParkMap, seed: int) -> None:
    made = rows(random.Random(seed), 25)
    check(pl.DataFrame(made, infer_schema_length=None), find_policy("invented-park"), layers, QUOTAS)


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_says_the_same_in_columns(name: str) -> None:
    made = rows(random.Random(7), 40)
    for row in made:
        row |= {"parcel": "", "group": ""}
    check(pl.DataFrame(made, infer_schema_length=None), find_policy(name), None, None)
