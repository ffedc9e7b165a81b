"""`ecopark register`, and `ecopark admit` with ledger, form and several projects, as a person types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner

from ecopark.admission.ledger import Account, Ledger
from ecopark.cli import admit, ledger, register
from tests.admission.samples import ON, feature, project, small_park, square, write_park

app = typer.Typer(pretty_exceptions_enable=False)
admit.register(app)
ledger.register(app)
register.register(app)
YEAR = datetime.now(UTC).year + 1  # what is booked now is booked for a year that has not gone by
ADMISSIBLE = {"energy_total_tce": 700, "land_area_mu": 36}


def run(*args, code=0, lang="en"):
    done = CliRunner().invoke(app, [*map(str, args), "--lang", lang])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def park(tmp_path):
    return small_park(tmp_path / "park")


def write(folder, name, given):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    return path


def with_ledger(park):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with Ledger.at(park / "ledger.sqlite") as books:
        for item, amount in {"energy": "1500", "cod": "10", "nox": "10"}.items():
            account = books.open(Account(item, YEAR, "park"), by="Li", at=at)
            books.allocate(account, amount, by="Li", at=at)


def test_booked_from_the_decision_to_the_confirmation(park, tmp_path):
    with_ledger(park)
    path = write(tmp_path, "p.json", project(ADMISSIBLE, parcel="A", start=YEAR))
    base = ("admit", path, "--policy", "invented-park", "--park", park)
    done = run(*base, "--book", "--until", f"{YEAR}-06-30", "--record", "--by", "Li")
    assert "kept as entry 1" in done.stderr and f"Reserved until {YEAR}-06-30" in done.stdout
    name = json.loads(run("register", "list", park, "--format", "json").stdout)[0]["id"]
    assert name in done.stdout
    run(*base, "--book", "--until", f"{YEAR}-06-30", code=2)
    confirmed = json.loads(
        run("ledger", "confirm", "--decision", name, "--park", park, "--by", "Wang", "--format", "json").stdout
    )
    assert sorted(e["amount"] for e in confirmed) == ["0.4", "3", "700"]
    balance = json.loads(run("ledger", "balance", f"energy/{YEAR}/park", "--park", park, "--format", "json").stdout)
    assert (balance["confirmed"], balance["free"]) == ("700", "800")
    run("ledger", "release", "--decision", name, "--park", park, code=2)
    assert "all say the same" in run("register", "reproduce", park).stdout
    shown = run("register", "show", park, 1).stdout
    assert "1500 left" in shown and f"reserved {name}/energy/{YEAR}" in shown


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--book",), "--until"),
        (("--until", "2027-01-01"), "--book"),
        (("--together", "--format", "html"), "text or json"),
    ],
)
def test_options_that_do_not_go_together(park, tmp_path, more, says):
    path = write(tmp_path, "p.json", project())
    done = run("admit", path, "--policy", "invented-park", *more, code=2)
    assert says in done.stderr


def test_a_ledger_that_is_not_there(park, tmp_path):
    path = write(tmp_path, "p.json", project())
    done = run("admit", path, "--policy", "invented-park", "--ledger", tmp_path / "none.sqlite", code=2)
    assert "none.sqlite" in done.stderr
    done = run("admit", path, "--policy", "invented-park", "--book", "--until", "2027-01-01", code=2)
    assert "needs a ledger" in done.stderr


def test_a_decision_is_made_again_after_the_map_and_the_policy_changed(park, tmp_path):
    path = write(tmp_path, "p.json", project(ADMISSIBLE, parcel="A"))
    own = park / "policy" / "invented-park.yaml"
    own.parent.mkdir()
    own.write_text("rules:\n- {id: far, kind: threshold, zh: 容, en: far, clause: x, ratio: far, limit: {op: '>=', value: '1.3'}}\n",
                   encoding="utf-8")  # fmt: skip
    run("admit", path, "--policy", "invented-park", "--park", park, "--on", ON, "--record")
    units = [feature(square(120.0, 30.0), id="U9", **{"class": "priority"})]
    write_park(
        park, control_units=units, parcels=[feature(square(120.001, 30.001, 0.002), id="A", group="G02", firm="F")]
    )
    own.write_text(own.read_text(encoding="utf-8").replace("1.3", "9"), encoding="utf-8")
    assert "1 decision(s) made again; all say the same" in run("register", "reproduce", park, 1).stdout
    run("admit", path, "--policy", "invented-park", "--park", park, "--on", ON, "--record")
    verdicts = [e["verdict"] for e in json.loads(run("register", "list", park, "--format", "json").stdout)]
    assert verdicts[0] == "conditional" and verdicts[1] == "refuse"
    kept = next((park / "register" / "maps").iterdir()) / "map" / "parcels.geojson"
    kept.write_text(kept.read_text(encoding="utf-8").replace("A", "B"), encoding="utf-8")
    done = run("register", "reproduce", park, code=2)
    assert "lost or was changed" in done.stderr


def test_refusals_are_counted_by_reason_and_size(park, tmp_path):
    for changes in ({}, {"fixed_investment": 900}, ADMISSIBLE):
        path = write(tmp_path, "p.json", project(changes, parcel="A"))
        run("admit", path, "--policy", "invented-park", "--park", park, "--on", ON, "--record")
    found = json.loads(run("register", "count", park, "--format", "json").stdout)
    assert found["verdicts"] == {"refuse": 2, "conditional": 1}
    assert found["by_size"] == {"below_10m": 1, "from_100m": 1}
    assert found["by_reason"]["invented-park/tax_per_mu"] == 2
    assert found["by_reason"]["invented-park/investment_per_mu"] == 1
    text = run("register", "count", park, lang="zh").stdout
    assert "1亿元及以上" in text and "invented-park/energy_intensity" in text


def test_promised_against_delivered_by_year(park, tmp_path):
    path = write(tmp_path, "p.json", project(ADMISSIBLE, parcel="A", start=2028))
    run("admit", path, "--policy", "invented-park", "--park", park, "--on", ON, "--record")
    figures = tmp_path / "delivered.csv"
    figures.write_text(
        "subject,quantity,period,value,unit\n"
        "F9,tax_paid_10k_cny,2027,100,10k CNY\nF9,tax_paid_10k_cny,2028,1300,10k CNY\n"
        "F9,tax_paid_10k_cny,2029,1000,10k CNY\nF9,energy_total_tce,2029,800,tce\n",
        encoding="utf-8",
    )
    found = json.loads(run("register", "review", park, 1, figures, "--format", "json").stdout)
    said = {(r["quantity"], r["year"]): (r["status"], r["share"]) for r in found}
    assert said["tax_paid_10k_cny", 2027][0] == "not_due"
    assert said["tax_paid_10k_cny", 2028][0] == "kept"
    assert said["tax_paid_10k_cny", 2029] == ("short", "0.7812")
    assert said["energy_total_tce", 2029] == ("short", "0.875")
    assert said["land_area_mu", 2029][0] == "undetermined"
    text = run("register", "review", park, 1, figures, "--year", 2029).stdout
    assert "2029: short 2" in text and "78.1%" in text
    assert "no figures of 'F1'" in run("register", "review", park, 1, figures, "--subject", "F1", code=2).stderr
    assert "no entry 7" in run("register", "review", park, 7, figures, code=2).stderr


def test_no_register_yet(park):
    assert "there is no register" in run("register", "list", park, code=2).stderr


def test_together_no_parcel_goes_twice_and_what_holds_the_others_back_is_said(park, tmp_path):
    with_ledger(park)
    waiting = tmp_path / "waiting"
    for name, parcel, tax, energy in (
        ("a", "A", 1280, 700),
        ("b", "A", 1500, 690),
        ("c", "B", 1100, 650),
        ("d", "C", 2000, 600),
    ):
        land = 30 if parcel == "B" else 36
        changes = {"energy_total_tce": energy, "tax_paid_10k_cny": tax, "land_area_mu": land}
        write(waiting, f"{name}.json", {**project(changes, parcel=parcel, start=YEAR), "name": name})
    base = ("admit", waiting, "--policy", "invented-park", "--park", park, "--together")
    found = json.loads(run(*base, "--format", "json").stdout)
    assert [found["names"][i] for i in found["taken"]] == ["b", "c"] and found["gap"] == 0
    assert found["left"] == [{"project": 0, "held_back_by": [f"energy/{YEAR}", "parcel/A"]}]
    assert [found["names"][i] for i in found["refused"]] == ["d"], "parcel C is in a priority unit"
    text = run(*base).stdout
    assert "proven best" in text and f"energy {YEAR}" not in text and "parcel/A" in text
    empty = tmp_path / "empty"
    empty.mkdir()
    run("admit", empty, "--policy", "invented-park", "--together", code=2)
    run("admit", waiting / "a.json", "--policy", "invented-park", "--together", "--value", "rd_share", code=2)


def test_the_form_is_written_filled_and_admitted(park, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    form = tmp_path / "form.xlsx"
    assert "wrote" in run("admit", "--form", form, "--park", park).stderr
    book = openpyxl.load_workbook(form)
    sheet = book.worksheets[0]
    typed = {"name": "P", "industry_code": "3973 集成电路制造", "parcel": "A A", "fact:land_area_mu": 36,
             "fact:tax_paid_10k_cny": 1280, "fact:emission_cod_t": "many"}  # fmt: skip
    cells = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
    for key, value in typed.items():
        sheet.cell(cells[key], 4).value = value
    book.save(form)
    done = run("admit", form, "--policy", "invented-park", "--park", park, "--on", ON, code=2)
    assert f"form.xlsx!项目 Project!D{cells['fact:emission_cod_t']}" in done.stderr
    sheet.cell(cells["fact:emission_cod_t"], 4).value = 1.5
    book.save(form)
    found = json.loads(
        run("admit", form, "--policy", "invented-park", "--park", park, "--on", ON, "--format", "json").stdout
    )
    tax = next(f for f in found["findings"] if f["rule"] == "invented-park/tax_per_mu")
    assert tax["status"] == "met" and tax["value"].startswith("35.55")
    run("admit", form, "--form", tmp_path / "x.xlsx", code=2)
    run("admit", "--form", tmp_path / "x.doc", code=2)


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        ({"industry_code": "3793"}, "industry_code", "Nearest: 3973"),
        ({"parcel": "Z"}, "parcel", "no parcel 'Z' on the map"),
        ({"group": "G2"}, "group", "Did you mean 'G02'"),
        ({"geometry": square(10.0, 10.0)}, "geometry", "outside the park"),
        ({"geometry": {"type": "Point"}}, "geometry", "cannot be used"),
        ({"start": 2020}, "start", "past year"),
        ({"kind": "newish"}, "kind", "none of new"),
        ({"industrycode": "3973"}, "industrycode", "Did you mean 'industry_code'"),
    ],
)
def test_wrong_input_names_place_and_repair(park, tmp_path, change, place, says):
    path = write(tmp_path, "p.json", {**project(), **change})
    done = run("admit", path, "--policy", "invented-park", "--park", park, "--on", ON, code=2)
    assert done.stdout == "" and says in done.stderr and f"p.json!{place}" in done.stderr


def test_negative_land_and_an_unreadable_figure_name_their_facts(park, tmp_path):
    path = write(tmp_path, "p.json", project({"land_area_mu": -3, "tax_paid_10k_cny": "lots"}))
    done = run("admit", path, "--policy", "invented-park", "--park", park, code=2)
    assert "p.json!facts[5]" in done.stderr and "p.json!facts[3]" in done.stderr and "2 error(s)" in done.stderr


def test_overlapping_control_units_are_a_warning_with_its_file(park, tmp_path):
    ground = square(120.0, 30.0)
    write_park(park, control_units=[feature(ground, id=i, **{"class": "key"}) for i in ("U1", "U2")])
    path = write(tmp_path, "p.json", project(parcel="A"))
    done = run("admit", path, "--policy", "invented-park", "--park", park, "--on", ON)
    assert "control units U1 and U2 overlap" in done.stderr and "control_units.geojson" in done.stderr
    assert "stricter one counts" in done.stderr


def test_a_quota_of_a_past_year_in_the_ledger_is_refused(park):
    at = datetime(2020, 1, 1, tzinfo=UTC)
    with Ledger.at(park / "ledger.sqlite") as books:
        books.allocate(books.open(Account("energy", 2020, "park"), by="Li", at=at), "10", by="Li", at=at)
    args = ("energy/2020/park", "1", "--until", f"{YEAR}-01-01", "--project", "P", "--park", park)
    done = run("ledger", "reserve", *args, code=2)
    assert "2020 can no longer be used" in done.stderr and "Use the account of" in done.stderr
