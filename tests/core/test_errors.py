"""Errors speak both languages, whoever raises them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ecopark
from ecopark.errors import EcoparkError, InputError, Place, Problem, did_you_mean
from ecopark.packs.load import find_pack

ONE_SENTENCE = {"EcoparkError", "UnknownPackError", "UnknownPolicyError", "UnknownMethodError", "ReportError"}
ONE_SENTENCE |= {"EngineError", "UnknownQuantityError"}
SOURCE = Path(ecopark.__file__).parent
FILES = sorted(p.relative_to(SOURCE).as_posix() for p in SOURCE.rglob("*.py") if "web" not in p.parts)


def test_an_error_is_english_by_itself_and_chinese_when_asked() -> None:
    error = EcoparkError("no such thing", zh="没有这个")
    assert (str(error), error.message("en"), error.message("zh")) == ("no such thing", "no such thing", "没有这个")
    assert EcoparkError("only this").message("zh") == "only this"


def test_problems_are_told_in_the_language_asked_for() -> None:
    error = InputError([Problem("x", Place("a.csv", line=2), "甲", "A", "改", "mend")])
    assert error.message("zh") == "a.csv:2: 甲 改"
    assert str(error) == "a.csv:2: A mend"


def test_an_unknown_pack_offers_the_nearest_in_both_languages() -> None:
    with pytest.raises(EcoparkError) as caught:
        find_pack("hj274-2016")
    assert "Did you mean 'hj274-2015'" in caught.value.message("en")
    assert caught.value.message("zh").startswith("没有标准“hj274-2016”。是否指“hj274-2015”？")
    assert did_you_mean("zzzz", ["hj274-2015"], lang="zh") == ""


@pytest.mark.parametrize("name", FILES)
def test_every_error_that_a_user_can_meet_has_both_sentences(name: str) -> None:
    for node in ast.walk(ast.parse((SOURCE / name).read_text(encoding="utf-8"))):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ONE_SENTENCE:
            assert "zh" in [k.arg for k in call.keywords], f"{name}:{node.lineno} says it in English only"
