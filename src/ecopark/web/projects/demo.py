"""Projects of the demonstration: at every stage, one refused that came back better, quotas in the ledger. All invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ecopark.admission.ledger import Account
from ecopark.web.parks.models import Park
from ecopark.web.people.models import User
from ecopark.web.projects import gate, policies, steps
from ecopark.web.projects.decide import decide, end_of, settle
from ecopark.web.projects.models import Opinion, Project
from ecopark.web.projects.steps import with_changes
from ecopark.web.projects.told import pair, told

POLICY = "invented-park"
QUOTAS = {"energy": "6000", "cod": "20", "nox": "12"}
FIGURES = (
    "energy_total_tce",
    "industrial_value_added",
    "industrial_gross_output",
    "tax_paid_10k_cny",
    "fixed_investment",
    "land_area_mu",
    "floor_area_m2",
    "rd_expenditure",
    "industrial_fresh_water_m3",
    "co2_emissions_t",
    "emission_cod_t",
    "emission_nox_t",
    "employees",
)
UNITS = ("tce", "10k CNY", "10k CNY", "10k CNY", "10k CNY", "mu", "m2", "10k CNY", "m3", "tCO2", "t", "t", "person")
PROJECTS = {
    # name: industry, words, group (empty: open), figures in the order of FIGURES
    "晶圆封装测试项目（虚构）": (
        "3973",
        "晶圆减薄；划片；封装测试",
        "G02",
        "760 2000 22000 1280 14400 40 40000 880 14000 1900 0.3 0.1 260",
    ),
    "创新生物药生产基地（虚构）": (
        "2761",
        "细胞培养；纯化；制剂",
        "",
        "820 2600 24000 1750 13000 42 52000 1300 15000 2100 2.1 0.3 340",
    ),
    "协作机器人整机项目（虚构）": (
        "3491",
        "精密装配；整机测试",
        "G03",
        "310 1500 17500 1150 7800 30 30000 620 6000 800 0.4 0.1 210",
    ),
    "汽车域控制器项目（虚构）": (
        "3670",
        "表面贴装；整机装配",
        "G04",
        "420 1700 19000 1330 8600 34 36000 700 8000 1100 0.6 0.2 280",
    ),
    "含硝化工序的中间体项目（虚构）": (
        "2614",
        "硝化工序；精馏",
        "G09",
        "3900 4200 26000 1500 21000 60 30000 300 60000 9800 9 6 180",
    ),
    "功率半导体一期（虚构）": (
        "3972",
        "功率模块封装",
        "G02",
        "640 2100 21000 1600 13600 38 41000 820 12000 1700 0.2 0.1 240",
    ),
}


def make_projects(park: Park, user: User) -> None:
    """Fill the pipeline and the ledger of the demonstration park."""
    park.set_parts(user, "", policy=POLICY)
    now = timezone.now()
    _quotas(park, user, now)
    chips, drug, robot, car, nitro, power = PROJECTS

    def described(name: str) -> dict[str, Any]:
        # only now: a parcel that an earlier project holds is not offered to the next
        return _given(park, name, now)

    # in operation for a year: its firm's figures stand against what it promised
    _operating(park, user, described(power), now - timedelta(days=600))
    # refused by a list: no figure turns it round
    project = _review(park, user, described(nitro), now - timedelta(days=90), agreeing=("investment",))
    decide(project, user, until=None, at=now - timedelta(days=70), why="第 11 次联合会审")
    # admitted, its quota held for some weeks more
    project = _review(park, user, described(robot), now - timedelta(days=30))
    decide(project, user, until=end_of(timezone.localdate(now) + timedelta(days=21)), at=now - timedelta(days=11))
    # under review with two opinions, and in talks
    _review(park, user, described(drug), now - timedelta(days=8), agreeing=("investment", "land"))
    project = steps.start(park, described(car), user, "招商推介会", at=now - timedelta(days=15))
    steps.move(project, "talks", user, at=now - timedelta(days=4))
    # refused, and back with the smallest change that turns it round
    project = _review(park, user, described(chips), now - timedelta(days=60))
    decide(project, user, until=None, at=now - timedelta(days=40), why="第 12 次联合会审")
    answer = told(gate.answer(park, gate.with_opinions(project), timezone.localdate(now)))
    project.refresh_from_db()
    if answer["offer"] is None:
        return
    steps.move(project, "talks", user, "企业按最小调整重报", at=now - timedelta(days=30))
    changed = with_changes(project.given, answer["offer"]["changes"])
    steps.change(project, changed, user, "采用最小调整", seen=1, at=now - timedelta(days=29))
    project.refresh_from_db()
    steps.move(project, "review", user, at=now - timedelta(days=20))
    _agree(project, user, now - timedelta(days=12))
    made = decide(
        project,
        user,
        until=end_of(timezone.localdate(now) + timedelta(days=120)),
        at=now - timedelta(days=10),
        why="第 14 次联合会审",
    )
    settle(made, "confirm", user, "投资协议已签", at=now - timedelta(days=3))
    project.refresh_from_db()
    steps.move(project, "signed", user, at=now - timedelta(days=3))


def _quotas(park: Park, user: User, now: datetime) -> None:
    begin = now - timedelta(days=620)
    with gate.open_ledger() as ledger:
        place = gate.claim_place(park, ledger)
        for year in range(begin.year, now.year + 2):
            for item, amount in QUOTAS.items():
                account = ledger.open(Account(item, year, place), by=user.shown_name, at=begin)
                ledger.allocate(account, amount, by=user.shown_name, at=begin, note=f"市分解下达 {year}（虚构）")


def _given(park: Park, name: str, now: datetime) -> dict[str, Any]:
    """A description, on the parcel where the gate would rather have it; where it passes nowhere, in its group."""
    industry, words, group, figures = PROJECTS[name]
    facts = [{"quantity": q, "value": v, "unit": u} for q, v, u in zip(FIGURES, figures.split(), UNITS, strict=True)]
    made = {
        "name": name,
        "industry_code": industry,
        "kind": "new",
        "words": words.split("；"),
        "facts": facts,
        "invented": True,
    }
    if not group:
        return made
    places = gate.answer(park, made, timezone.localdate(now)).places
    best = next((p for p in places if p.rank and p.kind == "parcel"), None)
    return made | ({"parcel": best.id} if best else {"group": group})


def _review(
    park: Park, user: User, given: dict[str, Any], at: datetime, agreeing: tuple[str, ...] | None = None
) -> Project:
    project = steps.start(park, given, user, "招商线索", at=at)
    steps.move(project, "talks", user, at=at + timedelta(days=2))
    steps.move(project, "review", user, at=at + timedelta(days=5))
    _agree(project, user, at + timedelta(days=7), agreeing)
    return project


def _agree(project: Project, user: User, at: datetime, agreeing: tuple[str, ...] | None = None) -> None:
    policy = policies.policy_of(project.park)
    assert policy is not None
    for office in gate.offices_of(policy):
        if agreeing is not None and office.id not in agreeing:
            continue
        Opinion.objects.create(
            project=project,
            office=office.id,
            opinion="agree",
            signed_by=SIGNERS[office.id],
            how="paper",
            reference="会审意见单（虚构） / invented sheet",
            department=office.department,
            by=user,
            at=at,
            signed_on=timezone.localdate(at),
            version=project.version,
        )
        data = {"opinion": "agree", "office": office.id, "label": pair(office.label)}
        steps.put(project, "opinion", project.stage, user, SIGNERS[office.id], at=at, data=data)


SIGNERS = {"environment": "周敏", "investment": "郑帆", "land": "孙可", "energy": "马涛"}


def _operating(park: Park, user: User, given: dict[str, Any], at: datetime) -> None:
    project = _review(park, user, given, at)
    made = decide(project, user, until=end_of(timezone.localdate(at) + timedelta(days=90)), at=at + timedelta(days=20))
    project.refresh_from_db()
    if project.stage != "admitted":
        return
    settle(made, "confirm", user, "投资协议已签", at=at + timedelta(days=60))
    for days, stage in ((60, "signed"), (90, "building"), (300, "operating")):
        steps.move(project, stage, user, at=at + timedelta(days=days))
    firms = park.subjects.filter(kind="firm", until__isnull=True, parent=GROUP)
    project.firm = firms.order_by("-since", "key").first()
    project.save(update_fields=["firm"])


GROUP = "G02"
"""Where the project in operation has settled."""
