"""What people do with cases: report, and take the next step. The engine refuses what cannot be; the events are the record."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.utils import timezone

from ecopark.casework import cases as engine
from ecopark.casework import clock
from ecopark.casework.grids import Grids, Suggestion, suggest
from ecopark.casework.rules import CaseRules, shipped_rules, with_clocks
from ecopark.casework.statistics import RECURS_WITHIN, Spot, recurrences
from ecopark.core.text import Text
from ecopark.web.cases.models import Case, CaseEvent, CaseFile
from ecopark.web.parks.models import Department, Park, Subject
from ecopark.web.people.access import Standing
from ecopark.web.uploads import MB, PHOTOS, Stored, UploadError, keep

LARGEST_PHOTO = 15 * MB
EVIDENCE = (*PHOTOS, "pdf", "docx", "xlsx")
MOST_FILES = 6
EARLY = timedelta(minutes=10)
"""A phone's clock may be ahead by so much."""
KEPT_FOR = timedelta(days=30)
"""A report may have waited on a phone for so long."""
SHOWN_BY_FILES = ("suggested", "rectified", "verified", "returned")
"""Steps that may come with photographs or documents; who rectifies must add some."""
NEEDS = {
    # event: what a person must be able to do
    "suggested": "report_case", "assigned": "assign_case", "extended": "assign_case", "dismissed": "assign_case",
    "rectified": "rectify_case", "verified": "verify_case", "returned": "verify_case", "closed": "assign_case",
    "reopened": "verify_case",
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """A case as somebody reports it; `found` is when they saw it, by the clock of their phone."""

    kind: str
    text: str
    severity: str = ""
    source: str = "patrol"
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    firm: Subject | None = None
    found: datetime | None = None
    key: uuid.UUID | None = None


def rules_of(park: Park) -> CaseRules:
    """The kinds, severities and clocks that hold in a park."""
    return with_clocks(shipped_rules(), park.case_clocks) if park.case_clocks else shipped_rules()


def grids_of(park: Park) -> Grids:
    """The supervision grids on the park's map; none if it has no such layer."""
    found = park.layers.filter(name="grids").first()
    return Grids(found.features if found else {})


def firm_at(park: Park, lon: float | None, lat: float | None) -> Subject | None:
    """The firm on whose parcel a place lies, by the park's map; None if none is known."""
    layer = park.layers.filter(name="parcels").first() if lon is not None and lat is not None else None
    if layer is None or lon is None or lat is None:
        return None
    found = Grids(layer.features).at(lon, lat)
    if found is None:
        return None
    firms = {
        str(p.get("id")): str(p.get("firm") or "")
        for p in (f.get("properties") or {} for f in layer.features["features"])
    }
    return Subject.objects.filter(park=park, kind="firm", key=firms.get(found.id, "")).first()


def state_of(case: Case) -> engine.Case:
    """The case as its events make it."""
    return engine.case_of([_event(e) for e in case.events.all()])


def with_events(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with the events that `state_of` needs, read at once."""
    # the order of the model is not kept where rows are grouped, and the events make the case one after the other
    return rows.prefetch_related(Prefetch("events", CaseEvent.objects.annotate(papers=Count("files")).order_by("pk")))


def report(standing: Standing, given: Report, photos: Sequence[Any]) -> tuple[Case, bool]:
    """Take a report in; says whether it is new (one that was sent before is found by its key).

    Raises
    ------
    UploadError
        A photograph cannot be taken; nothing is kept.
    """
    park, now = standing.park, timezone.now()
    key = given.key or uuid.uuid4()
    known = Case.objects.filter(park=park, key=key, by=standing.user).first()
    if known is not None:
        return known, False
    found = given.found if given.found and now - KEPT_FOR <= given.found <= now + EARLY else now
    found = min(found, now)
    rules = rules_of(park)
    grid = None if given.lon is None or given.lat is None else grids_of(park).at(given.lon, given.lat)
    firm = given.firm or firm_at(park, given.lon, given.lat)
    case = Case(
        park=park, key=key, kind=given.kind, severity=given.severity or rules.kinds[given.kind].severity,
        source=given.source, text=given.text, lon=given.lon, lat=given.lat, place=given.place, firm=firm,
        grid=grid.id if grid else "", area=grid.area if grid else "", found=found, by=standing.user, at=now,
    )  # fmt: skip
    case.recurs = recurrences_of(case)
    stored = keep_all(photos, park, PHOTOS)
    try:
        with transaction.atomic():
            rules = rules_of(Park.objects.select_for_update().get(pk=park.pk))  # clocks may have been set meanwhile
            case.number = (park.cases.aggregate(n=Max("number"))["n"] or 0) + 1
            case.due = clock.due_of(engine.case_of([engine.CaseEvent("found", now, "")]), case.severity, rules)
            case.save()
            event = CaseEvent.objects.create(case=case, kind="found", note="", by=standing.user, at=now)
            _attach(event, stored)
    except IntegrityError:  # the same report arrived twice at once
        return Case.objects.get(park=park, key=key, by=standing.user), False
    return case, True


def may_step(standing: Standing, case: Case, kind: str) -> bool:
    """Whether this person may ever take the step: their role, and for rectifying whether the case is theirs."""
    if not standing.may(NEEDS[kind]):
        return False
    if kind != "rectified" or standing.roles & {"admin", "office"}:
        return True
    who, _, name = case.to.partition(":")
    own = standing.firms if who == "firm" else standing.grids if who == "keeper" else frozenset()
    return name in own or (who == "keeper" and case.to_area in standing.grids)


def take(
    case: Case,
    kind: str,
    user: Any,
    *,
    note: str = "",
    to: str = "",
    due: datetime | None = None,
    files: Sequence[Any] = (),
) -> engine.Case:
    """Take one step; all that belongs to it is written together.

    Raises
    ------
    CaseStepError
        It cannot be taken now, or not by this person.
    UploadError
        A file cannot be taken.
    """
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        now = timezone.now()
        before = state_of(locked)
        told = engine.CaseEvent(kind, now, str(user.pk), note, to, due, len(files))
        engine.after(before, told)  # refuses before any file is kept
        if kind == "extended":
            _check_extension(locked, before, due)
        stored = keep_all(files, locked.park, EVIDENCE)
        event = CaseEvent.objects.create(case=locked, kind=kind, note=note.strip(), to=to, due=due, by=user, at=now)
        _attach(event, stored)
        done = copy_state(locked)
    case.refresh_from_db()
    return done


def copy_state(case: Case) -> engine.Case:
    """Write what the events amount to beside the case."""
    done = state_of(case)
    case.status, case.to, case.ended = done.status, done.to, done.ended
    case.reopened, case.returned = done.reopened, done.returned
    case.due = clock.due_of(done, case.severity, rules_of(case.park))
    case.in_time = _in_time(done)
    grid = grids_of(case.park).named(done.to.partition(":")[2]) if done.to.startswith("keeper:") else None
    case.to_area = grid.area if grid else ""
    case.save(update_fields=["status", "to", "to_area", "ended", "reopened", "returned", "due", "in_time"])
    return done


def by_clock(rows: QuerySet[Case], now: datetime) -> dict[str, int]:
    """Open cases that are late, due within a day, and in time."""
    found = rows.exclude(status__in=engine.ENDED).aggregate(
        late=Count("pk", filter=Q(due__lt=now)),
        soon=Count("pk", filter=Q(due__gte=now, due__lt=now + timedelta(days=1))),
        still=Count("pk"),
    )
    return {"late": found["late"], "soon": found["soon"], "running": found["still"] - found["late"] - found["soon"]}


def who_text(
    park: Park, to: str, grids: Grids | None = None, firms: dict[str, str] | None = None,
    departments: dict[str, Department] | None = None,
) -> Text:  # fmt: skip
    """Whom a case was assigned to, in words; what is gone is told by its key. What a list knows already is handed in."""
    who, _, name = to.partition(":")
    if who == "firm":
        known = (firms or {}).get(name) or Subject.objects.filter(park=park, key=name).values_list(
            "name", flat=True
        ).first()
        return Text(known or name, known or name)
    if who == "keeper":
        grid = (grids or grids_of(park)).named(name)
        label = grid.label if grid else Text(name, name)
        return Text(f"{label.zh}网格员", f"keeper of {label.en}")
    if who == "office":
        if departments is None:
            departments = {d.key: d for d in park.departments.filter(key=name)}
        department = departments.get(name)
        if department is not None:
            return department.label
        return Text("园区办", "park office") if not name else Text(f"园区办（原 {name}）", f"park office (was: {name})")
    return Text()


def suggestion(case: Case) -> Suggestion:
    """Whom the case should go to, by its grid and kind."""
    rules = rules_of(case.park)
    kind = rules.kinds.get(case.kind) or rules.kinds["other"]
    return suggest(kind, grids_of(case.park).named(case.grid), case.firm.key if case.firm else "")


def keep_all(files: Iterable[Any], park: Park, kinds: Iterable[str]) -> list[Stored]:
    """Take files in, all or none.

    Raises
    ------
    UploadError
        One of them cannot be taken, or there are too many.
    """
    files, kept = list(files), []
    if len(files) > MOST_FILES:
        raise UploadError(Text(f"一次最多 {MOST_FILES} 个文件。", f"Send {MOST_FILES} files at most."))
    try:
        for file in files:
            kept.append(keep(file, f"cases/{park.pk}", kinds, most=LARGEST_PHOTO))
    except UploadError:
        for one in kept:
            one.path.unlink(missing_ok=True)
        raise
    return kept


def _attach(event: CaseEvent, stored: Iterable[Stored]) -> None:
    CaseFile.objects.bulk_create(
        [
            CaseFile(event=event, name=s.name, stored=s.key, media_type=s.media_type, size=s.size, digest=s.digest)
            for s in stored
        ]
    )


def _event(row: CaseEvent) -> engine.CaseEvent:
    papers = row.papers if hasattr(row, "papers") else len(row.files.all())
    return engine.CaseEvent(row.kind, row.at, str(row.by_id), row.note, row.to, row.due, papers)


def _check_extension(case: Case, before: engine.Case, due: datetime | None) -> None:
    given = next(e.at for e in reversed(before.events) if e.kind == "assigned")
    latest = clock.extend_to(rules_of(case.park), case.severity, given)
    if due is not None and due > latest:
        shown = timezone.localtime(latest)
        raise engine.CaseStepError(
            Text(
                f"按此类紧急程度最长延至 {shown:%Y-%m-%d %H:%M}。",
                f"It can be extended to {shown:%Y-%m-%d %H:%M} at most.",
            )
        )


def _in_time(done: engine.Case) -> bool | None:
    """Whether it was first rectified by the time that was set for it; None: not rectified yet."""
    due: datetime | None = None
    for event in done.events:
        if event.kind in ("assigned", "extended"):
            due = event.due
        if event.kind == "rectified":
            return due is not None and event.at <= due
    return None


def recurrences_of(case: Case) -> int:
    """How many cases of this kind there were at this place within a year before it was found."""
    earlier = Case.objects.filter(
        park=case.park, kind=case.kind, found__gte=case.found - RECURS_WITHIN, found__lte=case.found
    ).exclude(status="dismissed")
    rows = earlier.values_list("kind", "found", "lon", "lat", "firm__key")
    spot = Spot(case.kind, case.found, case.lon, case.lat, case.firm.key if case.firm else "")
    return recurrences(spot, (Spot(k, f, lon, lat, firm or "") for k, f, lon, lat, firm in rows.iterator()))
