"""The commands as a person types them: output, exit codes, and that wrong input writes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecopark.examples import invented_park

HEAD = "subject,quantity,period,value,unit,by,note\n"
GOOD = HEAD + (
    "p,industrial_value_added_const,2020,1000000,10k CNY@2020,,\n"
    "p,industrial_value_added_const,2023,1331000,10k CNY@2020,,\n"
    "p,energy_industrial_tce,2020,500000,tce,,\n"
    "p,energy_industrial_tce,2023,54.5,万吨标煤,,\n"
    "p,publicity_events,2023,2,次,,\n"
)


def ecopark(*args, cwd=None, lang="en"):
    env = {**os.environ, "ECOPARK_LANG": lang, "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", "from ecopark.cli.main import run; run()", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, encoding="utf-8", check=False)


@pytest.fixture
def facts(tmp_path) -> Path:
    path = tmp_path / "facts.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def park(tmp_path_factory) -> Path:
    return invented_park(30).write(tmp_path_factory.mktemp("demo") / "park")


def test_assess_prints_the_contract_as_json(facts):
    done = ecopark("assess", facts, "--pack", "hj274-2015", "--format", "json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    assert {"pack", "subject", "period", "verdict", "score", "score_bounds", "clauses"} <= set(result)
    assert (result["pack"], result["subject"], result["period"]) == ("hj274-2015", "p", "2023")
    assert result["verdict"] == "undetermined"
    clause = next(c for c in result["clauses"] if c["id"] == "hj274-2015/10")
    assert clause["status"] == "met"
    assert clause["value"].startswith("0.29142466571")
    assert clause["limit"] == "<= 0.6"
    assert clause["basis"] == "recalled"
    assert clause["verified"] is False
    other = next(c for c in result["clauses"] if c["id"] == "hj274-2015/11")
    assert other["status"] == "undetermined"
    assert other["value"] is None
    assert other["missing"] == ["industrial_value_added@2023"]


def test_explain_leads_down_to_the_line_it_was_typed_in(facts):
    done = ecopark("explain", facts, "hj274-2015/10", "--period", "2023")
    assert done.returncode == 0
    assert "facts.csv:5" in done.stdout
    assert "54.5 万吨标煤" in done.stdout
    assert "545000 tce" in done.stdout
    data = json.loads(ecopark("explain", facts, "hj274-2015/10", "--format", "json").stdout)
    assert data["trace"]["inputs"]


def test_chinese_and_english(facts):
    assert "标准值" in ecopark("explain", facts, "hj274-2015/10", "--lang", "zh").stdout
    assert "status" in ecopark("explain", facts, "hj274-2015/10", "--lang", "en").stdout


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("p,energy_industrial_tec,2023,5,tce,,", "energy_industrial_tce"),
        ("p,energy_total_tce,2023,5,bananas,,", "bananas"),
        ("p,energy_total_tce,2023,5,km2,,", "km2"),
        ("p,energy_total_tce,2023,about 5,tce,,", "about 5"),
        ("p,energy_total_tce,202,5,tce,,", "202"),
        ("p,publicity_events,2023,3,次,,", "publicity_events"),
        ("p,industrial_value_added_const,2022,5,10k CNY@2015,,", "2015"),
        ("p,electricity_in_kwh,2023,5,kWh,kind=other,", "kind=direct_nonfossil"),
        ("p,energy_total_tce,2023,=1+1,tce,,", "=1+1"),
        ("p,hj274-2015/99,2023,5,1,,", "hj274-2015/99"),
        ("p,waste_cold_available_gj,2023,n/a,GJ,,", "note"),
    ],
)
def test_wrong_rows_exit_with_two_and_write_nothing(tmp_path, row, says):
    path = tmp_path / "facts.csv"
    path.write_text(GOOD + row + "\n", encoding="utf-8")
    out = tmp_path / "dossier"
    done = ecopark("assess", path, "--pack", "hj274-2015", "--out", out)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert "facts.csv:" in done.stderr
    assert not out.exists()


def test_all_problems_are_listed_together(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text(
        GOOD + "p,nothing,2023,5,t,,\np,energy_total_tce,2023,x,tce,,\np,energy_total_tce,20x,5,tce,,\n",
        encoding="utf-8",
    )
    done = ecopark("check", path)
    assert done.returncode == 2
    assert len([line for line in done.stderr.splitlines() if line.startswith("error:")]) == 3


def test_rows_can_be_set_aside_and_are_kept(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text(GOOD + "p,nothing,2023,5,t,,\n", encoding="utf-8")
    done = ecopark("assess", path, "--pack", "hj274-2015", "--set-aside", "--out", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    kept = (tmp_path / "rejected.csv").read_text(encoding="utf-8-sig")
    assert "nothing" in kept
    assert "1 row(s) set aside" in done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--pack", "hj274-2051"], "hj274-2015"),
        (["--pack", "hj274-2015", "--period", "20x3"], "20x3"),
        (["--pack", "hj274-2015", "--subject", "q"], "'q'"),
        (["--pack", "hj274-2015", "--set", "hj274-2015"], "PACK.KEY=VALUE"),
        (["--pack", "hj274-2015", "--set", "hj274-2015.nothing=1"], "nothing"),
        (["--pack", "hj274-2015", "--since", "2023"], "2023"),
        (["--pack", "hj274-2015", "--format", "xml"], "xml"),
        (["--pack", "hj274-2015", "--lang", "fr"], "fr"),
        (["--pack", "hj274-2015", "--set", "a.b=c"], "'a'"),
        (["--pack", "hj274-2015", "--set", "factors.grid=mars"], "mars"),
        (["--pack", "hj274-2015", "--set", "factors.confirm=xyz"], "xyz"),
        (["--pack", "hj274-2015", "--set", "bounds.narrow=abc"], "abc"),
        (["--pack", "hj274-2015", "--set", "miit-green-park-2016.cap=1"], "miit-green-park-2016"),
        (["--pack", "hj274-2015", "--set", "hj274-2015.construction_years=0"], "construction_years"),
        (["--pack", "hj274-2015", "--out", "report.doc"], "doc"),
        (["--pack", "hj274-2015", "--out", "report.xyz"], "xyz"),
        (["--pack", "hj274-2015", "--out", "/proc/nothing/here"], "/proc"),
        (["--pack", "hj274-2015", "--out", "x.docm/y.foo"], ""),
    ],
)
def test_wrong_options_exit_with_two_and_say_what_is_right(facts, args, says):
    done = ecopark("assess", facts, *args, cwd=facts.parent)
    if says:
        assert done.returncode == 2
        assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 not a zip", "只有一行".encode("gbk")])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_files_that_are_none_exit_with_two(tmp_path, content, suffix):
    path = tmp_path / f"facts{suffix}"
    path.write_bytes(content)
    done = ecopark("assess", path, "--pack", "hj274-2015")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert path.name in done.stderr


def test_a_new_park_checks_clean_and_is_not_overwritten(tmp_path):
    folder = tmp_path / "mypark"
    made = ecopark("new", folder, "--pack", "zero-carbon-park-2025", "--last-year", "2025")
    assert made.returncode == 0, made.stderr
    assert (folder / "park.toml").exists()
    again = ecopark("new", folder)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr


def test_a_whole_park_in_every_format(park, tmp_path):
    out = tmp_path / "dossier"
    done = ecopark("assess", park, "--pack", "hj274-2015", "--pack", "zero-carbon-park-2025", "--out", out, lang="zh")
    assert done.returncode == 0, done.stderr
    assert {p.suffix for p in out.iterdir()} == {".html", ".docx", ".pdf", ".pptx", ".xlsx", ".json"}
    assert "不通过" in done.stdout


def test_reuse_says_what_is_needed_and_what_is_there(park):
    done = ecopark("reuse", park, "--pack", "hj274-2015", "--pack", "miit-green-park-2016")
    assert done.returncode == 0, done.stderr
    assert "industrial_fresh_water_m3" in done.stdout


def test_quantities_packs_and_help():
    assert "solid_waste_utilised_t" in ecopark("quantities", "--like", "solid").stdout
    listed = json.loads(ecopark("packs", "list", "--format", "json").stdout)
    assert "hj274-2015" in [p["id"] for p in listed]
    assert "17" in ecopark("packs", "show", "hj274-2015").stdout
    assert ecopark("--help").returncode == 0
    assert ecopark("--version").stdout.strip()


def test_packs_check_names_file_and_line(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "pack.yaml").write_text(
        "id: mine\ntitle: {zh: 我的, en: mine}\nsources: [mine]\ngroups: [{id: a, zh: 甲, en: a}]\nverdict: []\n",
        encoding="utf-8",
    )
    (folder / "clauses.yaml").write_text(
        "clauses:\n- id: '1'\n  group: a\n  kind: mandatory\n  zh: 一\n  en: one\n  unit: '%'\n"
        "  formula: energy_total_tce / park_area_kms\n  limit: {op: '>=', value: lots}\n",
        encoding="utf-8",
    )
    done = ecopark("packs", "check", folder)
    assert done.returncode == 2
    assert "mine/clauses.yaml:9" in done.stderr
    assert "lots" in done.stderr
    text = (folder / "clauses.yaml").read_text(encoding="utf-8").replace("lots", "'3'")
    (folder / "clauses.yaml").write_text(text, encoding="utf-8")
    done = ecopark("packs", "check", folder)
    assert "park_area_km2" in done.stderr
    assert "mine/clauses.yaml:2" in done.stderr


def test_verification_is_recorded_and_shown(park, tmp_path):
    done = ecopark(
        "packs",
        "verify",
        park,
        "hj274-2015/13",
        "--by",
        "Li Lei",
        "--against",
        "HJ 274-2015, table 1",
        "--on",
        "2026-11-21",
    )
    assert done.returncode == 0, done.stderr
    assert "Li Lei" in ecopark("explain", park, "hj274-2015/13").stdout
    assert ecopark("packs", "verify", park, "hj274-2015/99", "--by", "x", "--against", "y").returncode == 2
    assert (
        ecopark(
            "packs", "verify", park, "hj274-2015/13", "--by", "x", "--against", "y", "--on", "2999-01-01"
        ).returncode
        == 2
    )
    assert ecopark("packs", "verify", tmp_path, "hj274-2015/13", "--by", "x", "--against", "y").returncode == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("assess", "FACTS", "--pack", "hj274-2016"), "没有标准“hj274-2016”。是否指“hj274-2015”"),
        (("assess", "FACTS", "--pack", "hj274-2015", "--format", "xml"), "--format 应为 text 或 json"),
        (("packs", "list", "--format", "xml"), "--format 应为 text 或 json"),
        (("quantities", "--format", "xml"), "--format 应为 text 或 json"),
        (("explain", "FACTS", "hj274-2015"), "不是“标准/条款”"),
        (("explain", "FACTS", "hj274-2015/99"), "没有条款“99”"),
        (("assess", "FACTS", "--pack", "hj274-2015", "--engine", "oracle"), "--engine 应为"),
        (("assess", "FACTS", "--pack", "hj274-2015", "--out", "x.doc"), "不在格式"),
        (("methods", "nobody"), "没有评价办法“nobody”"),
    ],
)
def test_what_cannot_be_done_is_said_in_chinese_to_whoever_works_in_chinese(facts, args, said):
    done = ecopark(*[facts if a == "FACTS" else a for a in args], lang="zh", cwd=facts.parent)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(facts.parent.iterdir()) == [facts]
