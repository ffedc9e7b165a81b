"""grade, regrade, appeal, methods, match and land as commands."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from ecopark.cli import grade, land
from ecopark.grading.load import find_method
from tests.grading.samples import CUT
from tests.grading.test_land import CSV

APP = typer.Typer(pretty_exceptions_enable=False)
APP.callback()(lambda: None)
grade.register(APP)
land.register(APP)
FIRMS = """\
firm,group,tax_per_mu,tax_per_power
a,规下,11.5932,0.2352
b,规下,5,0.1
c,规下,20,0.3
d,规下,1,0.05
e,规下,2,
"""


@pytest.fixture
def firms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "firms.csv"
    path.write_text(FIRMS, encoding="utf-8")
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(APP, [str(w) for w in words])


def test_grade_as_json_has_exactly_the_promised_shape(firms: Path) -> None:
    done = run("grade", firms, "--method", "huangyan-2022", "--cutoffs", CUT, "--format", "json")
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert [list(d) for d in data] == [["firm", "group", "score", "rank", "grade", "items"]] * 5
    assert list(data[0]["items"][0]) == ["id", "value", "base", "weight", "points"]
    assert (data[0]["score"], data[0]["rank"], data[0]["grade"]) == ("100", 2, "B")
    assert (data[4]["score"], data[4]["rank"], data[4]["grade"]) == (None, None, None)


def test_wrong_input_leaves_with_2_and_writes_nothing(firms: Path) -> None:
    firms.write_text(FIRMS.replace("d,规下,1", "a,规下,x"), encoding="utf-8")
    done = run("grade", firms, "-m", "huangyan-2022", "--out", "out.xlsx", "--lang", "en")
    assert done.exit_code == 2
    assert "stands there twice" in done.stderr and "firms.csv:5" in done.stderr
    assert not Path("out.xlsx").exists()
    for words in (
        ("-m", "huangyan"),
        ("-m", "wenling-2021"),
        ("-m", "huangyan-2022", "--weight", "tax_per_mu=1"),
        ("-m", "huangyan-2022", "--format", "pdf"),
        ("-m", "huangyan-2022", "--sheet", "zz"),
    ):
        firms.write_text(FIRMS, encoding="utf-8")
        assert run("grade", firms, *words).exit_code == 2, words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_way_to_print(firms: Path, lang: str) -> None:
    base = ("-m", "huangyan-2022", "--lang", lang)
    assert "100" in run("grade", firms, *base).stdout
    assert "20" in run("grade", firms, *base, "--cutoffs", CUT, "--sheet", "b").stdout
    for suffix in ("xlsx", "html", "json", "docx", "csv"):
        assert run("grade", firms, *base, "--out", f"g.{suffix}").exit_code == 0
        assert Path(f"g.{suffix}").stat().st_size
    assert run("regrade", firms, *base, "--now", CUT, "--cutoffs", "A=50,B=50").exit_code == 0
    assert run("regrade", firms, *base, "--now", CUT, "--stability", "20").exit_code == 0
    assert "huangyan-2022" in run("methods", "--lang", lang).stdout
    assert run("methods", "huaian-2024", "--lang", lang).exit_code == 0


def test_both_engines_say_the_same(firms: Path) -> None:
    base = ("grade", firms, "-m", "huangyan-2022", "--cutoffs", CUT, "--format", "json", "--engine")
    a, b = (json.loads(run(*base, engine).stdout) for engine in ("exact", "columnar"))
    assert [(d["firm"], d["rank"], d["grade"]) for d in a] == [(d["firm"], d["rank"], d["grade"]) for d in b]


def test_an_appeal_from_the_command_line(firms: Path) -> None:
    Path("proof.txt").write_text("x", encoding="utf-8")
    base = ("-m", "huangyan-2022", "--cutoffs", CUT)
    words = (
        "--firm",
        "e",
        "--set",
        "tax_per_power=0.4",
        "--evidence",
        "proof.txt",
        "--by",
        "Li",
        "--log",
        "log",
        "--on",
        "2026-05-01",
    )
    assert run("appeal", firms, *base, *words).exit_code == 0
    data = json.loads(run("grade", firms, *base, "--appeals", "log", "--format", "json").stdout)
    assert data[4]["rank"] is not None


def test_land_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plots.csv").write_text(CSV, encoding="utf-8")
    assert len(json.loads(run("land", "list", "plots.csv", "--format", "json").stdout)) == 3
    assert run("land", "list", "plots.csv", "--lang", "zh").exit_code == 0
    assert run("land", "plan", "plots.csv", "--plot", "P1", "--out", "p.docx").exit_code == 0
    assert run("land", "plan", "plots.csv", "--plot", "P9", "--out", "p.docx").exit_code == 2
    data = json.loads(run("land", "order", "plots.csv", "--budget", "2026=230", "--format", "json").stdout)
    assert data["proven"] and data["steps"]
    assert run("land", "order", "plots.csv", "--budget", "2026=230", "--goal", "energy=1").exit_code == 0
    assert run("land", "order", "plots.csv", "--budget", "much").exit_code == 2
    assert run("land", "track", "log", "--plot", "P1", "--step", "planned", "--by", "Li").exit_code == 0
    assert run("land", "track", "log").stdout.count("P1") == 1


def test_match_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tax.csv").write_text("name,address\n云栖华达机械有限公司,竹海路1号\n", encoding="utf-8")
    Path("power.csv").write_text("name,address\n云栖华达机械,竹海路1号\n", encoding="utf-8")
    done = run("match", "--table", "tax=tax.csv", "--table", "power=power.csv", "--out", "m.csv", "--format", "json")
    assert json.loads(done.stdout)["firms"] == 1
    assert Path("m.csv").exists()


LONG = "subject,quantity,period,value,unit\n" + "".join(
    f"{f},tax_per_mu,2023,{tax},10k CNY/mu\n{f},tax_per_power,2023,{power},10k CNY/10k kWh\n{f},firm_revenue_10k_cny,2023,100,10k CNY\n"
    for f, tax, power in (("a", "11.5932", "0.2352"), ("b", "5", "0.1"))
)


def test_the_json_contract_holds_for_wide_and_long_and_a_directory_outside(firms: Path) -> None:
    shutil.copytree(find_method("huangyan-2022").folder, "outside/mine")
    Path("long.csv").write_text(LONG, encoding="utf-8")
    found = []
    for source in (firms, "long.csv"):
        for method in ("huangyan-2022", "outside/mine", "outside/mine/method.yaml"):
            done = run("grade", source, "--method", method, "--cutoffs", CUT, "--format", "json")
            assert done.exit_code == 0, done.stderr
            data = json.loads(done.stdout)
            found.append([d for d in data if d["firm"] in "ab"])
            for d in data:
                assert list(d) == ["firm", "group", "score", "rank", "grade", "items"]
                assert d["score"] is None or Decimal(d["score"]) >= 0
                for item in d["items"]:
                    assert list(item) == ["id", "value", "base", "weight", "points"]
                    assert all(item[k] is None or isinstance(item[k], str) for k in item)
    assert found[0] == found[1] == found[2] and found[3] == found[4] == found[5]
    assert [(d["score"], d["items"]) for d in found[0]] == [(d["score"], d["items"]) for d in found[3]]


def test_a_bare_ratio_in_a_park_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("park")
    (folder / "data").mkdir(parents=True)
    (folder / "park.toml").write_text('id = "p"\nname = "P"\n', encoding="utf-8")
    text = "subject,kind,parent\na,firm,p\nb,firm,p\n"
    (folder / "data" / "subjects.csv").write_text(text, encoding="utf-8")
    (folder / "data" / "firms.csv").write_text(
        LONG.replace("a,tax_per_mu,2023,11.5932,10k", "a,亩均税收,2023,115932,"), encoding="utf-8"
    )
    done = run("grade", folder, "-m", "huangyan-2022", "--format", "json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)[0]["items"][0]["value"] == "11.5932"


def test_a_report_of_a_simulation_and_a_sheet_with_last_year(firms: Path) -> None:
    base = ("-m", "huangyan-2022", "--lang", "en")
    assert (
        run(
            "regrade", firms, *base, "--now", CUT, "--cutoffs", "A=50,B=50", "--stability", "9", "--out", "r.html"
        ).exit_code
        == 0
    )
    assert "borderline" in Path("r.html").read_text(encoding="utf-8")
    assert run("regrade", firms, *base, "--stability", "9").exit_code == 2
    Path("last.csv").write_text("firm,tax_per_mu,sales_per_mu,green_development\nx,4,200,0.1\n", encoding="utf-8")
    Path("now.csv").write_text("firm,tax_per_mu,sales_per_mu,green_development\nx,8,400,0.2\n", encoding="utf-8")
    done = run("grade", "now.csv", "-m", "huaian-2024", "--last-year", "last.csv", "--format", "json")
    assert json.loads(done.stdout)[0]["score"] == "100"
    assert "last year" in run("grade", "now.csv", "-m", "huaian-2024", "--lang", "en").stderr


def test_a_programme_and_a_plan_of_a_firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plots.csv").write_text(CSV, encoding="utf-8")
    for lang in ("zh", "en"):
        words = ("plots.csv", "--budget", "2026=230", "--out", f"{lang}.html", "--lang", lang)
        assert run("land", "programme", *words).exit_code == 0
        assert run("land", "plan", *words, "--firm", "F1").exit_code == 0
        assert run("land", "plan", *words, "--firm", "F9").exit_code == 2
        assert run("land", "plan", *words).exit_code == 2
    done = run("land", "order", "plots.csv", "--budget", "2026=1", "--budget", "2026=2", "--lang", "zh")
    assert done.exit_code == 2 and "两次" in done.stderr
