"""Firms of the demonstration: grades with an appeal, a double, audits and retrofits, plots to renew. All invented."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.utils import timezone

from ecopark.web.assess.keep import years_of
from ecopark.web.figures.change import Change, write
from ecopark.web.firms import grades, registry
from ecopark.web.firms.models import Appeal, Audit, FirmGrade, PlotTable, Retrofit
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.models import User
from ecopark.web.uploads import MEDIA, stored_path

METHOD = "invented-park"
TAX = "tax_paid_10k_cny"
AFTER = "改造后产值（万元）,改造后能耗（吨标准煤）,改造后排放（吨）"
PLOTS = """地块,企业,用地面积（亩）,产值（万元）,能耗（吨标准煤）,排放（吨）,容积率,厂房使用率,闲置,改造费用（万元）,{after}
P05,{0},38,1900,610,4.2,0.42,0.35,否,2600,17500,420,1.1
P11,{1},21,640,180,1.9,0.55,0.48,否,1500,8800,150,0.6
P17,{2},55,0,0,0,,,是,1200,26000,900,2.4
P23,{3},16,2100,740,6.8,0.9,0.7,否,1900,7200,260,0.9
P29,{4},30,900,320,2.2,0.5,0.3,否,3900,12400,280,0.8
"""


def make_firms(park: Park, user: User, reporter: User) -> None:
    """Grade the firms, let one appeal, register one twice."""
    park.refresh_from_db()
    park.set_parts(user, "", grading={"method": METHOD})
    year = str(years_of(park)[0])
    now = timezone.now()
    _double(park, user, year)
    park.refresh_from_db()
    made = grades.run(park, METHOD, year, user, at=now - timedelta(days=25))
    own = reporter.memberships.filter(park=park, role="firm").values_list("firm", flat=True)
    mine = FirmGrade.objects.filter(run=made, subject__key__in=own, outside=False).select_related("subject").first()
    if mine is not None:
        _appeal(mine, reporter, now - timedelta(days=9))
    firms = list(park.subjects.filter(kind="firm", until__isnull=True).order_by("key")[:12])
    _care(park, firms, now.date())
    _plots(park, user, firms)


def _double(park: Park, user: User, year: str) -> None:
    """A firm that the tax office has under a short name: the same credit code, some figures of its own."""
    firm = park.subjects.filter(kind="firm", until__isnull=True).exclude(credit_code="").order_by("-key").first()
    assert firm is not None
    # registered only now: a firm of the assessed year without figures would leave the park's sums open
    fields = registry.fields_of(firm) | {"name": firm.name.replace("有限公司", ""), "since": int(year) + 1}
    again = registry.add(park, f"{firm.key}-T", fields, user, "税务清册导入 / from the tax office's list")
    park.refresh_from_db()
    changes = [Change(again.key, "rd_expenditure", str(int(year) - 6), "310", "10k CNY", source="税务清册")]
    known = firm.figures.filter(period=year, quantity=TAX, by="").first()
    if known is not None:
        changes.append(Change(again.key, known.quantity, year, known.given, known.unit, source="税务清册"))
    write(park, changes, user, "税务清册导入 / from the tax office's list", state="draft")


def _appeal(mine: FirmGrade, reporter: User, at: datetime) -> None:
    tax = mine.subject.figures.filter(period=mine.run.year, quantity=TAX, by="").first()
    if tax is None or tax.number is None:
        return
    text = "完税证明（虚构，演示用）\ntax receipt (invented, for demonstration)\n"
    key = f"appeals/{mine.run.park_id}/{secrets.token_hex(16)}.txt"
    path = stored_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    Appeal.objects.create(
        run=mine.run,
        subject=mine.subject,
        quantity=TAX,
        value=f"{tax.number * 1.25:.1f}",
        reason="12 月入库的税款未计入 / tax paid in December was left out",
        name="完税证明.txt",
        stored=key,
        media_type=MEDIA["txt"],
        digest=hashlib.sha256(text.encode()).hexdigest(),
        by=reporter,
        at=at,
    )


def _care(park: Park, firms: list[Subject], today: date) -> None:
    for number, firm in enumerate(firms[:5]):
        done = today - timedelta(days=40 * number) if number % 2 else None
        audit = Audit.objects.create(
            park=park,
            subject=firm,
            kind="energy" if number % 2 else "cleaner",
            mandatory=number < 2,
            due=today + timedelta(days=60 * (number - 1)),
            done=done,
            auditor="云栖清洁生产中心（虚构）",
            findings="空压机余热未回收；照明可换。" if done else "",
        )
        if done:
            Retrofit.objects.create(
                park=park,
                subject=firm,
                audit=audit,
                name="空压机余热回收",
                quantity="energy_total_tce",
                expected="46",
                unit="tce",
                cost="38",
                due=today + timedelta(days=90),
                done=today if number == 3 else None,
                achieved="41" if number == 3 else "",
            )


def _plots(park: Park, user: User, firms: list[Subject]) -> None:
    key = f"land/{park.pk}/{secrets.token_hex(16)}.csv"
    path = stored_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PLOTS.format(*(f.key for f in firms[3:8]), after=AFTER), encoding="utf-8")
    PlotTable.objects.create(park=park, name="低效用地摸底表.csv", stored=key, plots=5, by=user)
