"""What `proven` says holds: against a grid that asks the gate itself, on random policies of two or three figures."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ecopark.admission.counter_offer import YES, counter_offer
from ecopark.admission.gate import decide
from ecopark.admission.load import load_policy
from ecopark.admission.project import read_project
from tests.admission.samples import ON

DAY = date.fromisoformat(ON)
UNITS = {
    "tax_paid_10k_cny": "10k CNY",
    "land_area_mu": "mu",
    "industrial_value_added": "10k CNY",
    "energy_total_tce": "tce",
}
DOWN, UP = Fraction(-7, 10), Fraction(3, 2)
STEPS = {2: 13, 3: 7}


def threshold(ask, number):
    ratio, op, values = ask(
        [
            ("tax_per_mu", ">=", ["20", "40", "60"]),
            ("tax_per_mu", "<", ["30", "70"]),
            ("energy_intensity", "<=", ["0.2", "0.35", "0.5"]),
            ("value_added_per_mu", ">", ["50", "80"]),
        ]
    )
    return f'{{id: r{number}, kind: threshold, ratio: {ratio}, limit: {{op: "{op}", value: "{ask(values)}"}}}}'


def formula(ask, number):
    """Products, sums, extremes, differences and roots of figures that may all move."""
    text, unit, ops, values = ask(
        [
            (
                "(tax_paid_10k_cny / land_area_mu) * (industrial_value_added / land_area_mu)",
                "10k CNY*10k CNY/mu/mu", [">=", "<="], ["1000", "2000", "4000"],
            ),
            (
                "tax_paid_10k_cny * industrial_value_added / energy_total_tce",
                "10k CNY*10k CNY/tce", [">=", "<="], ["1500", "3000"],
            ),
            (
                "tax_paid_10k_cny / land_area_mu + industrial_value_added / energy_total_tce * unit(1, 'tce/mu')",
                "10k CNY/mu", [">=", "<"], ["20", "50"],
            ),
            (
                "min(tax_paid_10k_cny / land_area_mu, industrial_value_added / land_area_mu)",
                "10k CNY/mu", [">=", "<="], ["40", "60"],
            ),
            (
                "max(tax_paid_10k_cny / land_area_mu, industrial_value_added / land_area_mu)",
                "10k CNY/mu", [">=", "<="], ["40", "60"],
            ),
            ("abs(tax_paid_10k_cny - industrial_value_added)", "10k CNY", [">=", "<="], ["400", "900"]),
            ("energy_total_tce / (industrial_value_added - tax_paid_10k_cny)", "tce/10k CNY", ["<=", ">"], ["0.3", "0.9"]),
            ("root(tax_paid_10k_cny / industrial_value_added, 2)", "1", [">=", "<="], ["0.7", "0.9"]),
        ]
    )  # fmt: skip
    limit = f'{{op: "{ask(ops)}", value: "{ask(values)}"}}'
    return f'{{id: r{number}, kind: threshold, formula: "{text}", unit: "{unit}", limit: {limit}}}'


def by_size(ask, number):
    """A limit that depends on the size of the project, which may move."""
    when = f"land_area_mu {ask(['>', '<='])} unit({ask(['25', '35'])}, 'mu')"
    first = f'{{op: ">=", value: "{ask(["40", "70"])}", when: "{when}"}}'
    second = f'{{op: ">=", value: "{ask(["20", "50"])}"}}'
    return f"{{id: r{number}, kind: threshold, ratio: tax_per_mu, limits: [{first}, {second}]}}"


def scorecard(ask, number):
    """Points by levels (once with a dip), and a veto."""
    tax = '[{op: ">=", value: "60", points: "40"}, {op: ">=", value: "45", points: "30"}]'
    added = '[{op: ">=", value: "80", points: "30"}, {op: ">=", value: "50", points: "20"}]'
    best = ask(["30", "5"])
    energy = f'[{{op: "<=", value: "0.2", points: "{best}"}}, {{op: "<=", value: "0.4", points: "20"}}]'
    items = ", ".join(
        f"{{id: {ratio}, zh: 项, en: item, ratio: {ratio}, levels: {levels}}}"
        for ratio, levels in (("tax_per_mu", tax), ("value_added_per_mu", added), ("energy_intensity", energy))
    )
    veto = '{id: v, zh: 否, en: veto, ratio: energy_intensity, limit: {op: ">", value: "0.6"}}'
    mark = ask(["40", "50", "70"])
    return f'{{id: r{number}, kind: scorecard, pass: "{mark}", vetoes: [{veto}], items: [{items}]}}'


def quota(ask, number):
    ratio = f'[{{value: "2", when: "land_area_mu > unit({ask(["15", "30"])}, \'mu\')"}}, {{value: "1"}}]'
    need = "quota: energy, formula: energy_total_tce, unit: tce"
    return f'{{id: r{number}, kind: quota, {need}, exempt_below: "100", ratios: {ratio}}}'


@st.composite
def cases(draw):
    """A policy as text, the project's figures, and what may move at which weight."""

    def ask(options):
        return draw(st.sampled_from(options))

    kinds = [ask([threshold, formula, by_size, scorecard, quota]) for _ in range(draw(st.integers(1, 3)))]
    rules = [kind(ask, n) for n, kind in enumerate(kinds)]
    moving = draw(st.lists(st.sampled_from(list(UNITS)), min_size=2, max_size=3, unique=True))
    weights = {name: ask(["1", "2", "0.5"]) for name in moving}
    figures = {
        "tax_paid_10k_cny": ask([600, 1280, 1800]),
        "land_area_mu": ask([20, 40]),
        "industrial_value_added": ask([1200, 2000, 3000]),
        "energy_total_tce": ask([300, 900, 1500]),
    }
    return rules, weights, figures


def policy_of(rules, weights):
    with TemporaryDirectory() as name:
        folder = Path(name)
        movable = "".join(
            f'- {{quantity: {q}, weight: "{w}", down: "{float(-DOWN)}", up: "{float(UP)}"}}\n'
            for q, w in weights.items()
        )
        head = "id: own\ntitle: {zh: 自有, en: own}\nsources: [test]\n"
        (folder / "policy.yaml").write_text(head + (f"movable:\n{movable}" if movable else ""), encoding="utf-8")
        text = "".join(f"- {rule[:-1]}, zh: 规则, en: rule, clause: c}}\n" for rule in rules)
        (folder / "rules.yaml").write_text(text, encoding="utf-8")
        return load_policy(folder)


def described(figures):
    facts = [{"quantity": q, "value": str(v), "unit": UNITS[q]} for q, v in figures.items()]
    return read_project({"name": "x", "industry_code": "3973", "facts": facts})


QUOTAS = {("energy", 2026): Fraction(600)}


@settings(max_examples=40, deadline=None)
@given(cases())
def test_it_passes_and_nothing_on_a_grid_is_cheaper_than_the_bound(case):
    rules, weights, figures = case
    policy, project = policy_of(rules, weights), described(figures)
    decision = decide(project, policy, DAY, quotas=QUOTAS)
    offer = counter_offer(decision, DAY, seconds=60)
    if decision.verdict != "refuse":
        assert offer is None
        return

    def verdict(values):
        moved = project.with_values({(q, ""): v for q, v in values.items()}, project.period(DAY.year))
        return decide(moved, policy, DAY, quotas=QUOTAS).verdict

    least = None
    if offer is not None:
        assert verdict({c.quantity: c.needed for c in offer.changes}) == offer.verdict in YES
        assert all(1 + DOWN <= c.needed / c.now <= 1 + UP for c in offer.changes)
        least = offer.cost * (1 - (offer.gap or 0)) - Fraction(1, 100_000)
    count = STEPS[len(weights)]
    grid = sorted({DOWN + (UP - DOWN) * Fraction(n, count - 1) for n in range(count)} | {Fraction(0)})
    for shares in product(grid, repeat=len(weights)):
        cost = sum((Fraction(w) * abs(s) for w, s in zip(weights.values(), shares, strict=True)), Fraction(0))
        if least is None or cost < least:
            values = {q: figures[q] * (1 + s) for q, s in zip(weights, shares, strict=True)}
            assert verdict(values) not in YES, values
