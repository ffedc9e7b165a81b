"""An assessment brought up to date is the one that would be made anew."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from ecopark.core.period import Period
from ecopark.errors import Place
from ecopark.indicators.differences import differences
from ecopark.observations.checks import quality_checks
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.standards.again import Again
from ecopark.standards.assess import assess_pack, doubtful
from ecopark.standards.needs import made_of, reach
from tests.standards.random_facts import random_facts

PERIOD = Period(2023)


def with_places(facts: Facts) -> Facts:
    """Every figure in a place of its own, as on the site."""
    rows = [replace(o, place=Place("typed", of="|".join(map(str, o.key)))) for o in facts.observations]
    return Facts(rows, facts.subjects.values(), settings=facts.settings)


def checked(facts: Facts) -> list:
    return [*quality_checks(facts), *differences(facts)]


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_every_pack_says_what_it_would_say_anew(seed: int) -> None:
    rng = random.Random(seed)
    packs = [find_pack(name) for name in shipped_ids()]
    facts, other = (with_places(random_facts(2, packs, s)) for s in (seed, seed + 100))
    facts = Facts(facts.observations, facts.subjects.values(), settings=facts.settings, warnings=checked(facts))
    subject = "park1"
    pool = [o.key for o in (*facts.observations, *other.observations) if o.subject in facts.subjects]
    kept = {pack.id: Again(pack, subject, PERIOD) for pack in packs}
    for again in kept.values():
        again.assess(facts)
    saved = clauses = 0
    for _ in range(8):
        changes: dict = {}
        for key in rng.sample(pool, rng.choice((1, 1, 2, 5))):
            found = other.exact(*key) or facts.exact(*key)
            gone = rng.random() < 0.2 or found is None or found.subject not in facts.subjects
            changes[key] = None if gone else found
        facts = facts.with_changes(changes)
        facts.warnings = tuple(checked(facts))
        for pack in packs:
            again = kept[pack.id]
            mine, anew = again.assess(facts), assess_pack(pack, facts, subject, PERIOD)
            for a, b in zip(mine.clauses, anew.clauses, strict=True):
                assert a == b, (pack.id, a.id, sorted(changes))
            assert set(mine.findings) == set(anew.findings)
            assert replace(mine, findings=()) == replace(anew, findings=())
            clauses += len(pack.clauses)
            saved += len(pack.clauses) - len(again.worked_out)
    assert saved > clauses / 2


def test_only_the_clauses_that_rest_on_a_figure_are_worked_out() -> None:
    pack = find_pack("hj274-2015")
    row = Observation("p", "publicity_events", PERIOD, Fraction(1), "events/year")
    facts = Facts([row], [Subject("p")])
    again = Again(pack, "p", PERIOD)
    assert again.assess(facts).clause("32").status == "not_met"
    assert len(again.worked_out) == len(pack.clauses)
    facts = facts.with_changes({row.key: replace(row, value=Fraction(2))})
    assert again.assess(facts).clause("32").status == "met"
    assert again.worked_out == ("hj274-2015/32",)


def test_a_changed_setting_works_out_everything() -> None:
    pack = find_pack("hj274-2015")
    facts = Facts([Observation("p", "publicity_events", PERIOD, Fraction(1), "events/year")], [Subject("p")])
    again = Again(pack, "p", PERIOD)
    again.assess(facts)
    facts = Facts(facts.observations, facts.subjects.values(), settings={"factors": {"confirm": "all"}})
    again.assess(facts)
    assert len(again.worked_out) == len(pack.clauses)


def test_a_signature_is_shown_without_working_anything_out() -> None:
    pack = find_pack("hj274-2015")
    facts = Facts([Observation("p", "publicity_events", PERIOD, Fraction(1), "events/year")], [Subject("p")])
    again = Again(pack, "p", PERIOD)
    again.assess(facts)
    record = {
        "clause": "hj274-2015/32",
        "by": "Li",
        "against": "HJ 274, p. 5",
        "date": "2026-01-01",
        "pack_hash": pack.hash,
    }
    signed = facts.with_changes({})
    signed.settings = {"verified": [record], "evidence": [{"clause_or_quantity": "x", "file": "y"}]}
    found = again.assess(signed)
    assert found.clause("32").verified and not again.worked_out
    assert found == assess_pack(pack, signed, "p", PERIOD)
    assert not again.assess(facts).clause("32").verified


def test_a_measured_factor_reaches_every_clause() -> None:
    pack = find_pack("hj274-2015")
    row = Observation("p", "publicity_events", PERIOD, Fraction(1), "events/year")
    facts = Facts([row], [Subject("p")])
    again = Again(pack, "p", PERIOD)
    again.assess(facts)
    factor = Observation("p", "factor.grid.average.national", PERIOD, Fraction(1, 2), "kgCO2/kWh")
    again.assess(facts.with_changes({factor.key: factor}))
    assert len(again.worked_out) == len(pack.clauses)


def test_a_rate_reported_in_place_of_an_indicator_reaches_its_clauses() -> None:
    packs = [find_pack(name) for name in shipped_ids()]
    computed = [(clause, pack) for pack in packs for clause in pack.clauses if clause.indicator]
    assert computed
    for clause, pack in computed:
        found = reach(clause, pack)
        assert {clause.id, clause.indicator} <= found
        assert made_of(clause.indicator) <= found


def test_facts_with_changes_are_the_facts_read_anew() -> None:
    rng = random.Random(5)
    packs = [find_pack("hj274-2015")]
    facts, other = (with_places(random_facts(2, packs, s)) for s in (7, 8))
    for _ in range(20):
        found = rng.sample(list(other.observations), 5)
        changes = {o.key: o for o in found if o.subject in facts.subjects}
        changes |= {o.key: None for o in rng.sample(list(facts.observations), 5)}  # type: ignore[misc]
        before = facts.fingerprint()
        made = facts.with_changes(changes)
        assert facts.fingerprint() == before
        anew = Facts(made.observations, facts.subjects.values(), settings=facts.settings)
        assert made.fingerprint("park1") == anew.fingerprint("park1")
        for o in (*made.observations, *facts.observations):
            assert made.get(*o.key) == anew.get(*o.key)
            assert sorted(made.parts(*o.key[:3]), key=str) == sorted(anew.parts(*o.key[:3]), key=str)
            within = [sorted(f.within_year(o.subject, o.quantity, o.period.year), key=str) for f in (made, anew)]
            assert within[0] == within[1]
        assert made.changed_from(facts) <= {key[1] for key in changes}
        facts = made


def test_what_casts_doubt_is_put_in_order_once_and_follows_the_findings() -> None:
    packs = [find_pack(name) for name in shipped_ids()]
    facts = with_places(random_facts(2, packs, 0))
    facts.warnings = tuple(checked(facts))
    first = doubtful(facts)
    assert first
    assert doubtful(facts) is first
    changed = facts.with_changes({}, warnings=facts.warnings[:0])
    assert doubtful(changed) == {}
    assert doubtful(facts) is first
    facts.warnings = ()
    assert doubtful(facts) == {}
