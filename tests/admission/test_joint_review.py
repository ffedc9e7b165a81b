"""Joint review: consent, votes by weight, vetoes, abstentions and signatures."""

from __future__ import annotations

import pytest

from ecopark.admission.load import load_policy
from ecopark.errors import PackError
from ecopark.workflows.admit_project import admit
from ecopark.workflows.write_minutes import minutes_html

HEAD = "id: p\ntitle: {zh: 甲, en: A}\nsources: [x]\n"
OFFICES = """
- id: r
  kind: review
  zh: 会审
  en: Review
  clause: x
  offices:
    - {id: a, veto: true}
    - {id: b, veto: false, weight: "2"}
    - {id: c, veto: false}
    - {id: d, veto: false}
"""


def policy(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "policy.yaml").write_text(HEAD, encoding="utf-8")
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder)


def said(rules, *votes, signed=True):
    more = {"by": "甲", "date": "2026-11-20"} if signed else {}
    opinions = [{"office": o, "opinion": w, **more} for o, w in votes]
    given = {"name": "P", "facts": [], "opinions": opinions}
    return admit(given, rules, on="2026-11-21")


def test_more_than_half_of_all_weights_must_agree(tmp_path):
    rules = policy(tmp_path, OFFICES + "  majority: true\n  quorum: 2\n")
    cases = [
        ((("a", "agree"), ("b", "agree")), "met"),
        ((("a", "agree"), ("c", "agree")), "undetermined"),
        ((("a", "agree"), ("b", "oppose"), ("c", "oppose")), "not_met"),
        ((("a", "oppose"), ("b", "agree"), ("c", "agree"), ("d", "agree")), "not_met"),
        ((("b", "agree"), ("c", "agree")), "undetermined"),
        ((("a", "abstain"), ("b", "agree"), ("c", "agree")), "met"),
        ((("a", "agree"), ("b", "abstain"), ("c", "abstain")), "not_met"),
    ]
    for votes, status in cases:
        assert said(rules, *votes).finding("r").status == status, votes
    found = said(rules, ("a", "agree"), ("b", "agree")).finding("r")
    assert (
        str(found.value) == "3/5"
        and found.limit == "> 0.5"
        and "2 for, 0 against, 0 abstaining, 2 still" in found.reason.en
    )


def test_half_is_no_majority_and_two_thirds_may_be_reached_exactly(tmp_path):
    three = OFFICES.replace("    - {id: d, veto: false}\n", "").replace(', weight: "2"', "")
    rules = policy(tmp_path, three + '  majority: {op: ">=", value: "2/3"}\n  quorum: 3\n')
    votes = (("a", "agree"), ("b", "agree"), ("c", "oppose"))
    assert said(rules, *votes).finding("r").status == "met"
    strict = policy(tmp_path, three + '  majority: {op: ">", value: "2/3"}\n')
    assert said(strict, *votes).finding("r").status == "not_met"


def test_an_unsigned_opinion_is_still_to_come_where_the_rule_says_so(tmp_path):
    rules = policy(tmp_path, OFFICES + "  majority: true\n  quorum: 2\n  signed: true\n")
    votes = (("a", "agree"), ("b", "agree"))
    found = said(rules, *votes, signed=False).finding("r")
    assert found.status == "undetermined" and "not signed: a, b" in found.reason.en
    assert said(rules, *votes).finding("r").status == "met"


def test_by_consent_an_abstention_is_no_agreement(tmp_path):
    rules = policy(tmp_path, OFFICES.replace(', weight: "2"', "") + "  quorum: 3\n")
    assert said(rules, ("a", "agree"), ("b", "abstain"), ("c", "abstain")).finding("r").status == "not_met"
    assert said(rules, ("a", "agree"), ("b", "agree"), ("c", "agree")).finding("r").status == "met"


def test_two_opinions_of_an_office_are_told_and_the_later_counts(tmp_path):
    rules = policy(tmp_path, OFFICES.replace(', weight: "2"', "") + "  quorum: 1\n")
    answer = said(rules, ("a", "oppose"), ("a", "agree"))
    assert answer.finding("r").status == "met" and [w.code for w in answer.warnings] == ["opinion-twice"]


@pytest.mark.parametrize(
    ("text", "says"),
    [(OFFICES, "says no majority"), (OFFICES + '  majority: {value: "1/3"}\n', "1/2 to 1"),
     (OFFICES.replace('"2"', '"-2"') + "  majority: true\n", "above zero")],
)  # fmt: skip
def test_a_spoiled_review_is_told_with_its_line(tmp_path, text, says):
    with pytest.raises(PackError, match=says) as caught:
        policy(tmp_path, text)
    assert caught.value.problems[0].place.line


def test_the_minutes_show_opinions_votes_and_lines_to_sign(tmp_path):
    rules = policy(tmp_path, OFFICES + "  majority: true\n")
    page = minutes_html(said(rules, ("a", "conditions"), ("b", "abstain")), "zh")
    for text in (
        "附条件同意",
        "弃权",
        "甲　2026-11-20",
        "赞成 1 票、反对 0 票、弃权 1 票、未表决 2 票",
        "会审主持",
        "签字：",
    ):
        assert text in page
