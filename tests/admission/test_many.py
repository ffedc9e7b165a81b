"""Many projects at once: every finding is the one that the project would hear alone."""

from __future__ import annotations

import json
import random
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from fractions import Fraction
from pathlib import Path
from sys import getswitchinterval
from typing import Any

import numpy as np
import polars as pl
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ecopark.admission import batch, batch_reasons, batch_rules
from ecopark.admission.batch import Screening, screen
from ecopark.admission.batch_projects import read_projects
from ecopark.admission.batch_text import digits_of
from ecopark.admission.decision import Decision, shown_value
from ecopark.admission.industry import industries
from ecopark.admission.load import find_policy, shipped_policies
from ecopark.admission.places import ParkMap, read_map
from ecopark.admission.policy import Policy
from ecopark.admission.review_rules import lines_for, procedure_rows
from ecopark.cli import admit
from ecopark.core.rounding import decimal_text
from ecopark.errors import InputError
from ecopark.workflows.admit_many import admit_many
from ecopark.workflows.admit_project import decide_alone
from tests.admission.samples import ON, feature, project, small_park, square, write_park

app = typer.Typer(pretty_exceptions_enable=False)
admit.register(app)


@app.callback()
def _root() -> None:
    """More than one command."""


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
            wrong = [p.code for p in error.problems if p.severity == "error"]
            assert [p.code for p in found.problems[name]] == wrong
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


# -- reading and writing -----------------------------------------------------------------------------------------------


def test_a_wide_a_long_table_and_descriptions_of_the_same_projects_say_the_same(tmp_path: Path) -> None:
    described = [
        project(),
        project({"tax_paid_10k_cny": "1500"}, name="乙"),
        project({"land_area_mu": "3.2万"}, name="丙"),
    ]
    listed = admit_many(described, "invented-park", on=ON)
    facts = [
        {"project": d["name"], "industry_code": "3973", "words": "封装测试", **f} for d in described for f in d["facts"]
    ]
    pl.DataFrame(facts).write_csv(tmp_path / "long.csv")
    wide = [
        {"project": d["name"], "industry_code": "3973", "words": "封装测试"}
        | {f"{f['quantity']} [{f['unit']}]": f["value"] for f in d["facts"]}
        for d in described
    ]
    pl.DataFrame(wide).write_parquet(tmp_path / "wide.parquet")
    lines = [json.dumps(d, ensure_ascii=False) for d in described]
    (tmp_path / "many.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "folder").mkdir()
    for number, line in enumerate(lines):
        (tmp_path / "folder" / f"{number}.json").write_text(line, encoding="utf-8")
    for source in ("long.csv", "wide.parquet", "many.jsonl", "folder"):
        found = admit_many(tmp_path / source, "invented-park", on=ON)
        assert found.findings.equals(listed.findings), source
        assert found.bookings.equals(listed.bookings), source
    assert listed.findings.filter(pl.col("project") == "丙")["alone"].all()


def test_figures_by_year_and_by_part_are_read_from_the_header() -> None:
    row = {
        "project": "P", "industrial_value_added@2027 [万元]": "2000", "industrial_value_added@2028 [万元]": "2500",
        "energy_total_tce@2027": "700", "energy_total_tce@2028": 800,
    }  # fmt: skip
    table = read_projects(pl.DataFrame([{k: str(v) for k, v in row.items()}]))
    found = check(table.about.select("project").with_columns(pl.lit(v).alias(k) for k, v in row.items() if k != "project"),
                  find_policy("invented-park"), None, QUOTAS)  # fmt: skip
    energy = found.bookings.filter(pl.col("quota") == "energy")
    assert energy.select("year", "amount").rows() == [(2027, 700.0), (2028, 800.0)]
    assert found.projects["period"].to_list() == [2028]


def test_a_typed_figure_a_hair_from_what_is_left_lies_on_its_own_side() -> None:
    amounts = ["4999.999999", "5000", "5000.000001"]  # nearer than a computed figure could be told from the limit
    given = pl.DataFrame({"project": ["below", "on", "above"], "energy_total_tce": [float(a) for a in amounts]})
    found = check(given, find_policy("invented-park"), None, QUOTAS).findings
    told = found.filter(pl.col("rule").cast(pl.String) == "invented-park/energy_quota")
    assert told["status"].to_list() == ["met", "met", "not_met"] and not told["alone"].any()


def test_areas_that_cross_units_are_found_as_one_by_one(layers: ParkMap) -> None:
    r = random.Random(3)
    made = rows(r, 20)
    for number, row in enumerate(made):
        corner = 120 + 0.018 * r.random(), 30 + 0.008 * r.random()
        row |= {"parcel": "", "group": "", "longitude": None, "latitude": None}
        row["geometry"] = json.dumps(square(*corner, size=r.choice([0.0004, 0.002]))) if number else '{"type": "Point"}'
    found = check(pl.DataFrame(made, infer_schema_length=None), find_policy("invented-park"), layers, QUOTAS)
    assert [p.code for p in found.problems["P0"]] == ["bad-geometry"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"energy_total_tce": [1.0]}, "name-missing"),
        ({"project": ["A", "A"], "far": [1.0, 2.0]}, "project-twice"),
        ({"project": ["A"], "energy_totl_tce": [1.0]}, "unknown-quantity"),
        ({"project": ["A"], "tax_per_mu [tce]": [1.0]}, "unit"),
        ({"project": ["A"], "x[[": [1.0]}, "bad-header"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(frame: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as error:
        read_projects(pl.DataFrame(frame))
    assert code in [p.code for p in error.value.problems]


def test_a_project_that_cannot_be_decided_is_told_and_the_others_are_decided(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "project": ["A", "B", "C"],
            "industry_code": ["3973", "9999", ""],
            "start": ["", "", "2025"],
            "far": [1.3, 1.3, 1.3],
        }
    )
    found = admit_many(frame, "invented-park", on=ON)
    assert {name: [p.code for p in problems] for name, problems in found.problems.items()} == {
        "B": ["unknown-industry-code"], "C": ["past-year"],
    }  # fmt: skip
    assert found.projects["project"].to_list() == ["A"]
    assert found.rebuild("A").finding("far").value == Fraction(13, 10)
    with pytest.raises(KeyError):
        found.rebuild("Z")


def test_a_rule_that_looks_at_more_than_its_plan_is_held_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from ecopark.admission.policy import RULE_KINDS
    from ecopark.core.text import Text

    usual = RULE_KINDS["list"]

    def nosy(rule: Any, case: Any) -> Any:
        outcome = usual.evaluate(rule, case)
        size = case.lookup.facts.get("project", "land_area_mu", case.period).value
        return replace(outcome, reason=Text(decimal_text(size), decimal_text(size)))

    monkeypatch.setitem(RULE_KINDS, "list", replace(usual, evaluate=nosy))
    found = admit_many([project(), project({"land_area_mu": "41"}, name="乙")], "invented-park", on=ON)
    lists = found.findings.filter(pl.col("rule") == "invented-park/industry_list")
    assert lists["reason_en"].to_list() == ["40", "41"]
    assert lists["alone"].all()


def test_what_the_helper_has_not_come_to_is_written_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy(ThreadPoolExecutor):
        """Comes to nothing but the map and the places: everything else waits until it is taken back."""

        def submit(self, work: Any, /, *args: Any, **named: Any) -> Future[Any]:
            return Future() if work is batch_reasons.write else super().submit(work, *args, **named)

    frame = pl.DataFrame(rows(random.Random(3), 30), infer_schema_length=None)
    usual = admit_many(frame, "invented-park", on=ON)
    monkeypatch.setattr(batch, "ThreadPoolExecutor", Busy)
    assert admit_many(frame, "invented-park", on=ON).findings.equals(usual.findings)


def test_short_turns_end_with_the_last_screening_whatever_happens() -> None:
    before = getswitchinterval()
    with batch._short_turns:
        admit_many([project()], "invented-park", on=ON)
        assert getswitchinterval() == pytest.approx(batch.TURN)
        with pytest.raises(InputError):
            admit_many(pl.DataFrame({"nothing": [1]}), "invented-park", on=ON)
        assert getswitchinterval() == pytest.approx(batch.TURN)
    assert getswitchinterval() == pytest.approx(before)
    with pytest.raises(InputError):
        admit_many(pl.DataFrame({"nothing": [1]}), "invented-park", on=ON)
    assert getswitchinterval() == pytest.approx(before)


@given(st.lists(st.lists(st.sampled_from([-7, 0, 1, 10**6, 10**12]), min_size=12, max_size=12), max_size=9))
def test_groups_agree_in_every_key(keys: list[list[int]]) -> None:
    chosen = np.array([0, 2, 3, 5, 6, 7, 8, 11])
    found = batch_rules._groups([np.array(k, dtype=np.int64) for k in keys], chosen)
    expected: dict[tuple[int, ...], list[int]] = {}
    for row in chosen.tolist():
        expected.setdefault(tuple(k[row] for k in keys), []).append(row)
    assert sorted(g.tolist() for g in found) == sorted(expected.values())


@pytest.mark.parametrize("table", ["eia_2021", "permit_2019"])
def test_the_lines_of_a_code_are_those_above_and_below_it(table: str) -> None:
    for code in [*industries(), "", "2", "26141"]:
        beside = [r for r in procedure_rows(table) if any(code.startswith(c) or c.startswith(code) for c in r[0])]
        assert lines_for(table, code) == beside


@given(st.lists(st.integers(10**4, 10**9 - 1), min_size=1, max_size=20), st.sampled_from([0, 0.25, 0.5]))
def test_thousands_are_parted_as_people_write_them(whole: list[int], rest: float) -> None:
    texts, unsure = digits_of(np.array(whole) + rest if max(whole) < 10**6 else np.array(whole, dtype=float), 12)
    assert not unsure.any()
    shown = [n + rest if max(whole) < 10**6 else n for n in whole]
    assert texts.to_list() == [f"{n:,}" for n in shown]


def test_the_command_screens_a_table(tmp_path: Path) -> None:
    pl.DataFrame({"project": ["A", "B"], "energy_intensity": [0.34, 0.38]}).write_csv(tmp_path / "p.csv")
    out = tmp_path / "decisions.json"
    arguments = ["admit", str(tmp_path / "p.csv"), "--policy", "anji", "--on", ON, "--out", str(out), "--lang", "en"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "refuse\t1" in result.output
    told = json.loads(out.read_text(encoding="utf-8"))
    assert [d["verdict"] for d in told] == ["undetermined", "refuse"]
    first = next(f for f in told[1]["findings"] if f["rule"] == "anji/energy_intensity")
    assert (first["status"], first["value"], first["limit"]) == ("not_met", "0.38", "<= 0.35")
    assert CliRunner().invoke(app, [*arguments[:-4], "--out", "x.txt"]).exit_code != 0
    assert CliRunner().invoke(app, [*arguments, "--record", "--park", str(tmp_path)]).exit_code != 0


def test_a_screening_is_written_as_tables(tmp_path: Path) -> None:
    found = admit_many([project()], "invented-park", on=ON, out=tmp_path / "d.parquet")
    assert pl.read_parquet(tmp_path / "d.parquet").height == len(found.policy.rules)
    assert pl.read_parquet(tmp_path / "d-projects.parquet")["verdict"].to_list() == ["refuse"]
    assert pl.read_parquet(tmp_path / "d-bookings.parquet").height == 3
    found.write(tmp_path / "d.csv")
    assert (tmp_path / "d-bookings.csv").is_file()
