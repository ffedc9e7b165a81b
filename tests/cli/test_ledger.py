"""`ecopark ledger` as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ecopark.cli import ledger

YEAR = datetime.now(UTC).year + 1  # bookings are dated now: next year's quota is never that of a past year
ENERGY = f"energy/{YEAR}/park"


@pytest.fixture
def run(tmp_path: Path):
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    ledger.register(app)
    app.callback()(lambda: None)
    (tmp_path / "park").mkdir()

    def call(*words, code=0, lang="en", format="text"):
        more = ["--park", str(tmp_path / "park"), "--lang", lang, "--format", format]
        done = CliRunner().invoke(app, ["ledger", *map(str, words), *more])
        assert done.exit_code == code, done.output + done.stderr
        return json.loads(done.stdout) if format == "json" and code == 0 else done.stdout + done.stderr

    return call


@pytest.fixture
def opened(run):
    run("open", "energy", "--year", YEAR, "--by", "Li")
    run("allocate", ENERGY, "1000", "--by", "Li")
    return run


def test_from_the_first_account_to_the_statement(opened):
    held = opened(
        "reserve", ENERGY, "380.5", "--until", f"{YEAR}-06-30", "--project", "P-1", "--by", "Li", format="json"
    )
    assert (held["kind"], held["amount"], held["free"]) == ("reserve", "380.5", "619.5")
    assert held["until"] == f"{YEAR}-06-30T16:00:00.000000Z"  # the end of that day in China
    opened("confirm", held["ref"], "--amount", "300", "--by", "Wang")
    other = f"energy/{YEAR}/north"
    opened("open", "energy", "--year", YEAR, "--place", "north")
    opened("transfer", ENERGY, other, "100", "--by", "Li")
    opened("correct", ENERGY, "--down", "5.5", "--reason", "typed twice", "--by", "Li")
    opened("correct", ENERGY, "--down", "50", "--reason", "built less", "--reservation", held["ref"])
    found = opened("balance", ENERGY, format="json")
    assert {k: found[k] for k in ("limit", "reserved", "confirmed", "free", "unit")} == {
        "limit": "894.5", "reserved": "0", "confirmed": "250", "free": "644.5", "unit": "tce",
    }  # fmt: skip
    assert [b["account"] for b in opened("balance", format="json")] == [other, ENERGY]
    whole = opened("statement", ENERGY, format="json")
    assert [e["kind"] for e in whole["entries"]] == [
        "allocate", "reserve", "confirm", "transfer_out", "correct", "correct",
    ]  # fmt: skip
    assert "everything adds up" in opened("audit")
    assert opened("audit", format="json") == []
    assert [a["account"] for a in opened("accounts", format="json")] == [other, ENERGY]


def test_text_in_both_languages(opened):
    opened("reserve", ENERGY, "10", "--until", f"{YEAR}-06-30", "--project", "项目甲", "--ref", "甲-1")
    text = opened("statement", ENERGY, lang="zh")
    assert "甲-1：项目甲 预留 10 tce，至 " in text
    assert f"{YEAR}-06-30" in text
    assert "10 tce reserved for 项目甲 until" in opened("statement", ENERGY, "--since", "2020-01-01")
    assert "释放" in opened("release", "甲-1", lang="zh")
    assert "nothing has expired" in opened("expire")
    assert "energy" in opened("accounts")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("allocate", f"energy/{YEAR}/prak", "1"), f"Did you mean '{ENERGY}'?"),
        (("allocate", ENERGY, "1,5"), "is not an amount"),
        (("reserve", ENERGY, "1000.1", "--until", f"{YEAR}-06-30", "--project", "P"), "0.1 short"),
        (("reserve", ENERGY, "1", "--until", "2020-06-30", "--project", "P"), "is not after"),
        (("reserve", ENERGY, "1", "--until", "June", "--project", "P"), "'June' is not a date"),
        (("confirm", "P-9"), "no reservation of this name"),
        (("allocate", ENERGY, "1", "--at", "2020-01-01"), "before the last entry"),
        (("allocate", ENERGY, "1", "--at", f"{YEAR + 1}-01-01"), "in the future"),
        (("open", "enrgy", "--year", YEAR), "Did you mean 'energy'?"),
        (("open", "energy", "--year", YEAR, "--unit", "kgce"), "is open with unit tce"),
        (("correct", ENERGY, "--reason", "x"), "one of --up and --down"),
        (("correct", ENERGY, "--down", "1000.5", "--reason", "x"), "0.5 short"),
        (("balance", "x"), "no such account"),
    ],
)
def test_what_cannot_be_done_says_why_and_writes_nothing(opened, words, says):
    before = opened("statement", ENERGY, "--at", f"{YEAR}-01-01", format="json")
    assert says in opened(*words, code=2)
    assert opened("statement", ENERGY, "--at", f"{YEAR}-01-01", format="json") == before


def test_a_quota_of_a_past_year(run):
    run("open", "cod", "--year", 2020)
    assert "can no longer be used" in run("allocate", "cod/2020/park", "1", code=2)


def test_only_open_makes_a_ledger(run, tmp_path):
    for words in (("balance",), ("allocate", ENERGY, "1"), ("accounts",), ("audit",)):
        assert "there is no ledger here yet" in run(*words, code=2)
    assert list((tmp_path / "park").iterdir()) == []
    (tmp_path / "park").rmdir()
    assert "there is no folder" in run("open", "energy", "--year", YEAR, code=2)
    assert "--format is text or json" in run("accounts", code=2, format="xml")


def test_a_day_means_its_beginning_for_a_booking_and_its_end_for_a_balance(run):
    run("open", "land", "--year", YEAR, "--at", "2024-05-06")
    entry = run("allocate", f"land/{YEAR}/park", "5", "--at", "2024-05-06", format="json")
    assert entry["at"] == "2024-05-05T16:00:00.000000Z"
    assert run("balance", f"land/{YEAR}/park", "--at", "2024-05-05", format="json")["limit"] == "0"
    assert run("balance", f"land/{YEAR}/park", "--at", "2024-05-06", format="json")["limit"] == "5"
