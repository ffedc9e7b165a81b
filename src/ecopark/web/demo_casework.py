"""Tasks and cases of the demonstration: a clause that is not met becomes tasks; cases at every step, on time and late.

Days count back from the day on which the demonstration is made, so that its lights and clocks always look alive.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ecopark.casework import clock
from ecopark.casework import tasks as engine
from ecopark.core.text import Text
from ecopark.web.assess import keep
from ecopark.web.cases import work as case_work
from ecopark.web.cases.models import Case, CaseEvent, CaseFile
from ecopark.web.parks.models import Park, Subject
from ecopark.web.tasks import work
from ecopark.web.tasks.lights import copy_state, event_of
from ecopark.web.tasks.models import Programme, Task, TaskEvent
from ecopark.web.tasks.prefill import drafts_of
from ecopark.web.uploads import stored_path

PACK = "hj274-2015"
OUTSIDE = (-0.004, -0.004)
"""Beside the south-west corner of the park. [degree]"""


def make_casework(park: Park, users: dict[str, Any]) -> None:
    """Fill the park with tasks and cases; nothing is done where it has some already."""
    if park.tasks.exists() or park.cases.exists():
        return
    _tasks(park, users)
    _cases(park, users)


def _tasks(park: Park, users: dict[str, Any]) -> None:
    office, consultant = users["office"], users["consultant"]
    now = timezone.now()
    years = keep.years_of(park)
    water = Programme.objects.create(
        park=park, kind="programme", name="节水三年行动", name_en="Three years of saving water", by=office,
        note="虚构：围绕新鲜水耗弹性系数 / invented: about the elasticity of fresh water",
    )  # fmt: skip
    smart = Programme.objects.create(
        park=park, kind="scenarios", name="智慧园区场景清单", name_en="Smart-park scenarios", by=office
    )
    _growth(park, str(years[1]), office, now)
    kept = keep.assessed(park, PACK, str(years[0]))
    clause = work.clause_in(kept.result, f"{PACK}/13")
    if clause is None:
        return
    today = timezone.localdate()
    departments = set(park.departments.values_list("key", flat=True))
    start, due = today - timedelta(days=120), today + timedelta(days=150)
    drafts = drafts_of(clause, start, due, departments)
    saving = [d for d in drafts if d.quantity == "industrial_fresh_water_m3"]
    base = {"start": start, "programme": water}
    wanted = [
        *(
            work.Draft(
                **{
                    **_as_given(d),
                    **base,
                    "lead": "water",
                    "measure_en": "Lower the industrial intake of fresh water",
                    "support": ("industry_it",),
                    "element": "用水总量",
                    "link": "工业取水",
                }
            )
            for d in saving
        ),
        work.Draft(
            measure="建成再生水二期管网，接入 12 家用水大户",
            measure_en="Finish the second reclaimed-water main, 12 large users joined",
            lead="construction",
            due=today - timedelta(days=12),
            support=("water",),
            element="水源替代",
            link="再生水管网",
            **base,
        ),
        work.Draft(
            measure="20 家重点用水企业完成水平衡测试",
            measure_en="Water balance tests at 20 large users",
            lead="industry_it",
            due=today + timedelta(days=60),
            element="用水效率",
            link="企业诊断",
            **base,
        ),
    ]
    made = work.make(
        park, wanted, office, clause=clause["id"], kept=kept, name=Text(clause["name"]["zh"], clause["name"]["en"])
    )
    told = {
        0: [
            ("progress", 80, "9560000", "", "两家企业完成中水回用改造。"),
            ("progress", 20, "9502000", "", "三季度取水量降幅收窄。"),
        ],
        1: [("started", 118, "", "", ""), ("progress", 45, "", "70", "主管贯通，支管受让地影响滞后。")],
        2: [("progress", 60, "", "35", "7 家完成。"), ("progress", 25, "", "65", "13 家完成，测试报告已归档。")],
    }
    for i, task in enumerate(made):
        _backdate(task, now - timedelta(days=120))
        for kind, ago, figure, share, note in told.get(i, []) if len(made) == 3 else []:
            _task_event(task, kind, consultant if ago < 50 else office, now - timedelta(days=ago), figure, share, note)
    more = [
        work.Draft(
            measure="用水在线监测接入园区平台", measure_en="Meters of water on the park's platform", lead="energy",
            start=today - timedelta(days=20), due=today + timedelta(days=200), programme=smart, element="数据", link="在线计量",
        ),
        work.Draft(
            measure="异味溯源小程序上线", measure_en="An app that traces smells to their source", lead="ecology_environment",
            start=today + timedelta(days=25), due=today + timedelta(days=240), programme=smart,
        ),
    ]  # fmt: skip
    online, _ = work.make(park, more, office)
    _task_event(online, "progress", office, now - timedelta(days=6), "", "15", "已接入 8 家。")


def _growth(park: Park, period: str, office: Any, now: datetime) -> None:
    """A clause whose task was closed: better than before, though not met yet."""
    kept = keep.assessed(park, PACK, period)
    clause = work.clause_in(kept.result, f"{PACK}/3")
    if clause is None:
        return
    made_at = now - timedelta(days=330)
    start = timezone.localtime(made_at).date()
    draft = work.Draft(
        measure="两个续建项目投产达效", measure_en="Two projects under way start production", lead="economy_investment",
        start=start, due=start + timedelta(days=300), element="产业增量", link="项目投产",
    )  # fmt: skip
    [task] = work.make(
        park, [draft], office, clause=clause["id"], kept=kept, name=Text(clause["name"]["zh"], clause["name"]["en"])
    )
    _backdate(task, made_at)
    _task_event(task, "progress", office, now - timedelta(days=200), "", "50", "一期投产。")
    _task_event(task, "progress", office, now - timedelta(days=60), "", "100", "二期投产。")
    _task_event(task, "closed", office, now - timedelta(days=50), "", "", "两项目均已投产并入统。")


def _as_given(draft: work.Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in draft.__dataclass_fields__}


def _backdate(task: Task, at: datetime) -> None:
    Task.objects.filter(pk=task.pk).update(at=at)
    TaskEvent.objects.filter(task=task, kind="made").update(at=at, on=timezone.localtime(at).date())


def _task_event(task: Task, kind: str, by: Any, at: datetime, figure: str, share: str, note: str) -> None:
    event = TaskEvent(
        task=task, kind=kind, by=by, at=at, on=timezone.localtime(at).date(), figure=figure, share=share, note=note
    )
    engine.after(work.state_of(task), event_of(event))
    event.save()
    copy_state(task, timezone.localdate())


STORY: Sequence[tuple[str, str, float, int, str, str, Sequence[tuple[str, float, str, str]]]] = (
    # kind, severity, days ago, grid (-1: outside), who found it, words, events: kind, hours later, who, words
    (
        "waste_water",
        "urgent",
        46,
        4,
        "keeper",
        "雨水口有乳白色水流出，pH 试纸约 10。",
        (
            ("suggested", 1, "consultant", "先封堵雨水口，再查车间清洗水去向。"),
            ("assigned", 1.5, "office", "立即封堵并查明原因"),
            ("rectified", 12, "firm", "已封堵雨水口，清洗水改入污水站。"),
            ("returned", 20, "keeper", "管沟仍有残水，请清理后再报。"),
            ("rectified", 26, "firm", "管沟已清理，附照片。"),
            ("verified", 40, "keeper", "现场复测 pH 7.2。"),
            ("closed", 50, "office", ""),
        ),
    ),
    (
        "exhaust",
        "ordinary",
        9,
        9,
        "keeper",
        "喷涂车间卷帘门常开，有溶剂味。",
        (("assigned", 5, "office", "关闭卷帘门，检查集气罩风量"),),
    ),
    (
        "dust",
        "on_the_spot",
        2,
        16,
        "keeper",
        "堆场裸土未覆盖。",
        (("assigned", 2, "office", ""), ("rectified", 8, "firm", "已覆盖防尘网。")),
    ),
    (
        "drain",
        "difficult",
        3,
        20,
        "consultant",
        "污水井满溢，疑似管道错接。",
        (("assigned", 6, "office", "组织排查并出整改方案"),),
    ),
    ("hazardous_waste", "difficult", 0.3, 4, "firm", "危废间标签缺失，台账未更新。", ()),
    ("other", "ordinary", 1.2, -1, "keeper", "园区南门外道路旁倾倒建筑垃圾。", ()),
    (
        "noise",
        "ordinary",
        20,
        25,
        "keeper",
        "夜间冷却塔噪声。",
        (("dismissed", 20, "office", "监测昼夜均达标，属正常运行。"),),
    ),
    (
        "solid_waste",
        "ordinary",
        32,
        30,
        "keeper",
        "边角料露天堆放。",
        (
            ("assigned", 10, "office", ""),
            ("rectified", 60, "firm", "已入库。"),
            ("verified", 80, "keeper", ""),
            ("closed", 90, "office", ""),
            ("reopened", 640, "keeper", "同一地点再次堆放。"),
            ("assigned", 645, "office", "落实固定堆场"),
        ),
    ),
    (
        "solid_waste",
        "ordinary",
        120,
        30,
        "keeper",
        "空桶露天堆放。",
        (
            ("assigned", 20, "office", ""),
            ("rectified", 70, "firm", "已清运。"),
            ("verified", 100, "keeper", ""),
            ("closed", 110, "office", ""),
        ),
    ),
)
ROUTINE = ("dust", "noise", "solid_waste", "exhaust", "other", "drain")
"""Kinds of the closed cases that fill the statistics."""


def _cases(park: Park, users: dict[str, Any]) -> None:
    layer = park.layers.filter(name="grids").first()
    if layer is None:
        return
    rings = [f["geometry"]["coordinates"][0] for f in layer.features["features"]]
    firms = list(park.subjects.filter(kind="firm", until__isnull=True).order_by("key")[:12])
    reporter = firms[0] if firms else None
    now = timezone.now()
    for i in reversed(range(24)):
        grid, found = (i * 7 + 3) % len(rings), now - timedelta(days=40 + 11 * i)
        kind = ROUTINE[i % len(ROUTINE)]
        severity = case_work.rules_of(park).kinds[kind].severity
        firm = None if kind in ("other", "drain") else _pick(firms, i)
        case = _case(park, kind, severity, found, _middle(rings[grid]), users["keeper"], "日常巡查发现（虚构）。", firm)
        length = case_work.rules_of(park).severity(severity).length("rectify")
        late = 1.6 if i % 5 == 0 else 0.5
        for step, hours, by in (
            ("assigned", 4.0, "office"), ("rectified", 4 + late * length, "keeper"),
            ("verified", 10 + late * length, "consultant"), ("closed", 30 + late * length, "office"),
        ):  # fmt: skip
            _case_event(case, step, found + timedelta(hours=hours), users[by], "")
        case_work.copy_state(case)
    for kind, severity, ago, grid, who, words, events in sorted(STORY, key=lambda one: -one[2]):
        place = (
            _middle(rings[grid % len(rings)])
            if grid >= 0
            else tuple(round(a + d, 6) for a, d in zip(rings[0][0], OUTSIDE, strict=True))
        )
        firm = (
            None
            if kind in ("other", "drain")
            else reporter
            if "firm" in {who, *(e[2] for e in events)}
            else _pick(firms, grid)
        )
        found = now - timedelta(days=ago)
        case = _case(park, kind, severity, found, place, users[who], words, firm)
        for step, hours, by, note in events:
            _case_event(case, step, found + timedelta(hours=hours), users[by], note)
        case_work.copy_state(case)


def _pick(firms: list[Subject], i: int) -> Subject | None:
    return firms[i % len(firms)] if firms else None


def _middle(ring: list[list[float]]) -> tuple[float, ...]:
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return (round((min(xs) + max(xs)) / 2, 6), round((min(ys) + max(ys)) / 2, 6))


def _case(
    park: Park,
    kind: str,
    severity: str,
    found: datetime,
    place: tuple[float, ...],
    by: Any,
    words: str,
    firm: Subject | None,
) -> Case:
    grid = case_work.grids_of(park).at(*place)
    case = Case(
        park=park, number=park.cases.count() + 1, kind=kind, severity=severity, text=words, lon=place[0], lat=place[1],
        grid=grid.id if grid else "", area=grid.area if grid else "", firm=firm, found=found, by=by, at=found,
        source="self_check" if by.username == "firm" else "patrol",
    )  # fmt: skip
    case.recurs = case_work.recurrences_of(case)
    case.save()
    event = CaseEvent.objects.create(case=case, kind="found", by=by, at=found)
    _picture(event, words)
    return case


def _case_event(case: Case, kind: str, at: datetime, by: Any, note: str) -> None:
    rules = case_work.rules_of(case.park)
    due = clock.rectify_by(rules, case.severity, at) if kind == "assigned" else None
    to = case_work.suggestion(case).to if kind == "assigned" else ""
    event = CaseEvent.objects.create(case=case, kind=kind, note=note, to=to, due=due, by=by, at=at)
    if kind == "rectified":
        _picture(event, note or kind)
    case_work.state_of(case)  # a story that could not have happened fails here


def _picture(event: CaseEvent, seed: str) -> None:
    """A small drawn picture in place of a photograph."""
    data = drawn(seed)
    digest = hashlib.sha256(data).hexdigest()
    key = f"cases/{event.case.park_id}/demo-{digest[:16]}.png"
    path = stored_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    CaseFile.objects.create(
        event=event, name="示意图（虚构）.png", stored=key, media_type="image/png", size=len(data), digest=digest
    )


def drawn(seed: str, width: int = 160, height: int = 120) -> bytes:
    """A PNG of a horizon in colours that follow from a text: clearly no photograph."""
    a, b, c = hashlib.sha256(seed.encode()).digest()[:3]
    line = height // 3 + c % (height // 4)
    rows = b"".join(
        b"\x00" + bytes((200 - y // 2, 215 - y // 3, 228) if y < line else (90 + a // 4, 110 + b // 4, 90)) * width
        for y in range(height)
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
