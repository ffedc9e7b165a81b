"""`ecopark admit` as a new user runs it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from ecopark.cli import admit
from tests.admission.samples import ON, README, project, small_park

app = typer.Typer(pretty_exceptions_enable=False)
admit.register(app)


@app.callback()
def _root() -> None:
    """More than one command."""


def run(*args):
    return CliRunner().invoke(app, ["admit", *map(str, args)])


@pytest.fixture
def readme(tmp_path):
    path = tmp_path / "project.json"
    path.write_text(json.dumps(README), encoding="utf-8")
    return path


def test_text_says_no_with_two_reasons_and_what_would_turn_it(readme):
    found = run(readme, "--policy", "anji", "--on", ON, "--lang", "zh")
    assert found.exit_code == 0
    assert "判定：不予准入" in found.output and "0.35" in found.output and "50.3 万元/亩" in found.output
    assert "报道未说明分母" in found.output and "已证明没有更小的调整" in found.output


def test_json_is_the_contract(readme):
    data = json.loads(run(readme, "--policy", "anji", "--on", ON, "--format", "json").output)
    assert data["verdict"] == "refuse" and data["counter_offer"]["proven"] is True


def test_documents(readme, tmp_path):
    assert "<!DOCTYPE html>" in run(readme, "--policy", "anji", "--format", "html").stdout
    out = tmp_path / "m.docx"
    assert run(readme, "--policy", "anji", "--format", "docx", "--out", out).exit_code == 0
    assert out.read_bytes()[:2] == b"PK"


def test_wrong_input_leaves_with_2_and_every_problem(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(
        json.dumps({"facts": [{"quantity": "land_area_mu", "value": -1, "unit": "mu"}], "industry_code": "3793"})
    )
    found = run(path, "--policy", "anji", "--lang", "en")
    assert found.exit_code == 2
    assert "no name" in found.stderr and "cannot be" in found.stderr and "Nearest" in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize(
    "args",
    [("--policy", "nonsense"), ("--policy", "anji", "--format", "pdf"), ("--policy", "anji", "--on", "yesterday"),
     ("--policy", "anji", "--weights", "tax_per_mu"), ("--policy", "anji", "--fix", "nonsense"),
     ("--policy", "anji", "--range", "tax_per_mu=5"), ("--policy", "anji", "--range", "tax_per_mu=.."),
     ("--policy", "anji", "--range", "tax_per_mu=2..1"), ("--policy", "anji", "--range", "nonsense=1..2"),
     ("--policy", "anji", "--park", "nowhere"), ("--policy", "anji", "--record")],
)  # fmt: skip
def test_wrong_options_leave_with_2(readme, args):
    found = run(readme, *args, "--lang", "en")
    assert found.exit_code == 2 and found.stderr and found.stdout == ""


def test_the_officer_says_how_far_a_number_may_go(readme):
    def offered(*args):
        found = json.loads(run(readme, "--policy", "anji", "--on", ON, "--format", "json", *args).stdout)
        return found["counter_offer"] and {c["quantity"]: c["to"] for c in found["counter_offer"]["changes"]}

    free = offered()
    assert set(free) == {"energy_intensity", "tax_per_mu"}
    assert offered("--range", "tax_per_mu=..600000,energy_intensity=0.1..") == free
    assert offered("--range", "energy_intensity=0.36..") is None


def test_with_a_park_it_names_places_and_keeps_a_record(tmp_path):
    park = small_park(tmp_path / "park")
    path = tmp_path / "p.json"
    path.write_text(json.dumps(project()), encoding="utf-8")
    found = run(
        path, "--policy", "invented-park", "--park", park, "--on", ON, "--format", "json", "--record", "--by", "甲"
    )
    data = json.loads(found.stdout)
    assert data["places"][0]["id"] == "A" and data["places"][0]["rank"] == 1
    assert (park / "register" / "decisions.jsonl").is_file()
