"""What became of projects: refusals by reason and size, what was promised against what the firm reports, who waits."""

from __future__ import annotations

from ecopark.admission.post_entry import Promise, post_entry
from ecopark.admission.project import read_project
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.web.figures.facts import facts_of
from ecopark.web.parks.models import Park
from ecopark.web.projects import gate, policies
from ecopark.web.projects.models import WAITING, Decision, Project

MOST_TOGETHER = 200
SIZE_TEXT = {
    "below_10m": Text("1000 万元以下", "below 10 million CNY"),
    "10m_to_100m": Text("1000 万元至 1 亿元", "10 to 100 million CNY"),
    "from_100m": Text("1 亿元及以上", "100 million CNY and more"),
    "not_given": Text("未填投资额", "investment not given"),
}
PROMISE_TEXT = {
    "kept": (Text("兑现", "kept"), "good"),
    "short": (Text("未兑现", "short"), "bad"),
    "not_due": (Text("未到期", "not due"), "muted"),
    "shown": (Text("对照", "shown"), "muted"),
    "undetermined": (Text("未填报", "not reported"), "open"),
}
VALUES = ("tax_paid_10k_cny", "industrial_value_added", "fixed_investment", "employees")
"""What projects can be chosen together by."""


def rule_label(park: Park, rule: str) -> Text:
    """What a rule of the park's policy is called; its id if it is of another one."""
    policy = policies.policy_of(park)
    try:
        return policy.rule(rule).label if policy else Text(rule, rule)
    except (EcoparkError, KeyError):
        return Text(rule, rule)


def waiting(park: Park) -> list[Project]:
    """The projects that no decision has let in yet."""
    return list(park.projects.filter(stage__in=WAITING).order_by("number")[:MOST_TOGETHER])


def delivered(project: Project) -> tuple[Decision | None, list[Promise]]:
    """The decision that let a project in, and its promises against the figures of its firm, by year.

    Raises
    ------
    InputError
        The register has lost the decision or what it rests on.
    """
    found = project.decisions.filter(verdict__in=("admit", "conditional")).defer("body").first()
    if found is None or project.firm is None:
        return found, []
    kept = gate.register_of(project.park)
    entry = kept.entry(found.entry)
    policy = kept.policy(entry)
    described = read_project(entry.data["project"], policy.own_ratios)
    facts = facts_of(project.park)
    years = [y for y in facts.years(project.firm.key) if y >= found.on.year]
    return found, list(post_entry(described, policy, facts, project.firm.key, years))
