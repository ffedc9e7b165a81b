"""The gate: one project before one policy on one day. Start reading at `decide`.

Every rule of the policy answers, also those that did not apply. A hard refusal stands whatever else is missing; without one, a
rule that lacks something leaves the verdict undetermined; what is met under a condition makes it conditional.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import date

from ecopark.admission.decision import Decision, Finding
from ecopark.admission.places import Site
from ecopark.admission.policy import RULE_KINDS, Case, Outcome, Policy, PolicyRule, QuotaState, in_force
from ecopark.admission.project import Project
from ecopark.core.text import Text
from ecopark.core.words import counted


def decide(
    project: Project,
    policy: Policy,
    on: date,
    *,
    site: Site | None = None,
    quotas: QuotaState | None = None,
    version: str = "",
) -> Decision:
    """Hold a project against every rule of a policy.

    Parameters
    ----------
    project, policy, on
        What is held against what, on which day.
    site
        Where it wants to settle, as `admission.places` found it on the map; None if that is not known.
    quotas
        What is left of each quota; None if nobody has said.
    version
        Program version, kept with the decision.

    Returns
    -------
    decision
        With a finding for every rule; counter-offer and places are added by the workflow.
    """
    case = open_case(project, policy, on, site=site, quotas=quotas)
    findings = tuple(hold(rule, case) for rule in policy.rules)
    return Decision(
        project, policy, on, str(case.period), verdict_of(findings), findings, quotas=quotas, version=version,
        notes=_notes(policy, on, findings) + tuple(case.lookup.findings.values()),
    )  # fmt: skip


def open_case(
    project: Project, policy: Policy, on: date, *, site: Site | None = None, quotas: QuotaState | None = None
) -> Case:
    """The case that rules are held against."""
    parameters = {p.id: p.default for p in policy.parameters}
    return Case(project, policy, on, project.period(on.year), parameters, site, quotas)


def hold(rule: PolicyRule, case: Case) -> Finding:
    """One rule against the case; a rule that does not apply says so."""
    if rule.to_fill:
        reason = Text("标准值或清单尚未填写，本条不参与判定", "limit or list not filled in yet: the rule takes no part")
        outcome = Outcome("to_fill", reason)
    elif (side := in_force(rule.since, rule.until, case.on)) < 0:
        outcome = Outcome("not_due", Text(f"自 {rule.since} 起施行", f"in force from {rule.since}"))
    elif side > 0:
        outcome = Outcome("expired", Text(f"施行至 {rule.until}", f"was in force until {rule.until}"))
    else:
        outcome = RULE_KINDS[rule.kind].evaluate(rule, case)
    reason = outcome.reason
    if rule.note:
        reason = Text(f"{reason.zh}。{rule.note.zh}", f"{reason.en}. {rule.note.en}")
    return Finding(
        rule, outcome.status, reason, outcome.value, outcome.limit, outcome.unit, outcome.trace, outcome.missing,
        tuple(replace(b, rule=rule.id) for b in outcome.bookings),
    )  # fmt: skip


def verdict_of(findings: tuple[Finding, ...]) -> str:
    """The verdict that findings add up to."""
    held = any(f.status in ("met", "condition", "not_met") for f in findings)
    return verdict_from({f.decides for f in findings}, held)


def verdict_from(effects: Set[str], held: bool) -> str:
    """The verdict that the effects of findings (`Finding.decides`) add up to.

    Parameters
    ----------
    held
        Whether any rule could be held against the project at all.
    """
    if "refuse" in effects:
        return "refuse"
    if "undetermined" in effects or not held:
        return "undetermined"
    return "conditional" if "condition" in effects else "admit"


def _notes(policy: Policy, on: date, findings: tuple[Finding, ...]) -> tuple[Text, ...]:
    notes = []
    side = in_force(policy.in_force_from, policy.in_force_until, on)
    if side < 0:
        day = policy.in_force_from
        notes.append(Text(f"本政策自 {day} 起施行", f"the policy is in force only from {day}"))
    elif side > 0:
        day = policy.in_force_until
        notes.append(Text(f"本政策施行至 {day}", f"the policy was in force until {day}"))
    open_ = sum(f.status == "to_fill" for f in findings)
    if open_:
        notes.append(
            Text(
                f"{open_} 条规则尚未填写，未参与判定",
                f"{counted(open_, 'rule is', 'rules are')} not filled in and took no part in the verdict",
            )
        )
    return tuple(notes)
