"""The park's firms graded by a method: kept whole per method and year, with the appeals that were accepted.

What a grading rests on is the figures, the park's settings, the method, its options, the accepted appeals and the program: the
same key needs no new computation.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max
from django.utils import timezone

from ecopark import __version__
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.errors import EcoparkError
from ecopark.expr.nodes import leaves
from ecopark.grading.appeals import appeal as hear
from ecopark.grading.appeals import with_appeals
from ecopark.grading.grade import grade_firms
from ecopark.grading.load import substitutes
from ecopark.grading.method import Method
from ecopark.grading.result import FirmGrade as Graded
from ecopark.grading.result import Grading
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.facts import facts_of
from ecopark.web.figures.models import COUNTED, Figure
from ecopark.web.firms import methods
from ecopark.web.firms.models import Appeal, FirmGrade, GradeRun
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.parks.models import Park
from ecopark.web.projects.told import pair
from ecopark.web.typed import is_year
from ecopark.web.uploads import stored_path
from ecopark.workflows.grade_firms import grade, method_with

AT_ONCE = 2000
"""So many firms are graded while the page waits; more in the background."""


def method_of(park: Park) -> str:
    """The method the park grades by; empty if none was chosen."""
    name = str((park.settings.get("grading") or {}).get("method") or "")
    return name if name and methods.is_known(park, name) else ""


def chosen_method(park: Park, method: str, edition: str = "") -> Method:
    """A method with the park's cut-offs, where the method leaves them open.

    Parameters
    ----------
    edition
        Hash of the edition wanted of a method of the park's own; without it the last one.

    Raises
    ------
    EcoparkError
        There is no such method.
    """
    found, options = methods.named(park, method, edition), options_of(park, method)
    return method_with(found or method, cutoffs=options.get("cutoffs") or None)


def choose(park: Park, method: str, cutoffs: str, user: Any) -> None:
    """Let the park grade by this method from now on, with cut-offs where the method leaves them open.

    Raises
    ------
    EcoparkError
        There is no such method, or it does not take these cut-offs.
    """
    found = methods.named(park, method)
    if found is None:
        raise EcoparkError("there is no such method.", zh="没有这个评价方法。")
    method_with(found, cutoffs=cutoffs or None)
    grading = {"method": method} | ({"cutoffs": cutoffs} if cutoffs else {})
    park.set_parts(user, f"grading: {method}", grading=grading)


def options_of(park: Park, method: str) -> dict[str, str]:
    """What the park adds to the method."""
    own = park.settings.get("grading") or {}
    return {"cutoffs": str(own["cutoffs"])} if own.get("method") == method and own.get("cutoffs") else {}


def rests_on(park: Park, method: str, year: str) -> str:
    """A hash of everything a grading depends on."""
    figures = Figure.objects.filter(park=park, state__in=COUNTED).aggregate(last=Max("seq"), count=Count("pk"))
    heard = Appeal.objects.filter(run__park=park, run__method=method, run__year=year, state="accepted")
    found = [
        method,
        chosen_method(park, method).hash,
        year,
        figures,
        options_of(park, method),
        sorted(heard.values_list("pk", flat=True)),
        park.base_year,
        park.settings.get("registry_changes", 0),
        __version__,
    ]
    return hashlib.sha256(json.dumps(found, sort_keys=True, default=str).encode()).hexdigest()


def current(park: Park, method: str, year: str) -> GradeRun | None:
    """The grading that holds now, if it was made already."""
    return GradeRun.objects.filter(park=park, method=method, year=year, key=rests_on(park, method, year)).first()


def latest(park: Park, method: str, year: str) -> GradeRun | None:
    """The last grading that was shown."""
    return GradeRun.objects.filter(park=park, method=method, year=year).first()


def years_graded(park: Park, method: str) -> list[str]:
    """The years that were graded by a method, the latest first."""
    return sorted(
        set(GradeRun.objects.filter(park=park, method=method).order_by().values_list("year", flat=True)), reverse=True
    )


def graded(park: Park, method: str, year: str) -> Grading:
    """The firms graded as of now, accepted appeals applied in order.

    Raises
    ------
    EcoparkError
        The figures or the method cannot be used.
    """
    grading = grade(facts_of(park), chosen_method(park, method), period=year)
    heard = Appeal.objects.filter(run__park=park, run__method=method, run__year=year, state="accepted").order_by(
        "decided"
    )
    entries = [
        {"firm": a.subject.key, "quantity": a.quantity, "to": a.value, "evidence": a.name}
        for a in heard.select_related("subject")
    ]
    if not entries:
        return grading
    return grade_firms(with_appeals(grading.table, entries, grading.method), grading.method)


def run(
    park: Park,
    method: str,
    year: str,
    user: Any,
    *,
    appeal: Appeal | None = None,
    at: datetime | None = None,
    step: Any = None,
) -> GradeRun:
    """Grade and keep; what holds already is found again.

    Raises
    ------
    EcoparkError
        The figures or the method cannot be used.
    """
    park.refresh_from_db()
    known = current(park, method, year)
    if known is not None:
        return known
    key = rests_on(park, method, year)
    return keep(park, graded(park, method, year), method, year, key, user, appeal=appeal, at=at, step=step)


def run_or_ask(park: Park, method: str, year: str, user: Any, address: str) -> GradeRun | Job:
    """Grade now; a large park in the background.

    Raises
    ------
    EcoparkError
        No method was chosen, or the figures cannot be used.
    """
    if not method or not is_year(year):
        raise EcoparkError("choose a method first.", zh="请先选定评价方法。")
    if park.subjects.filter(kind="firm").count() <= AT_ONCE:
        return run(park, method, year, user)
    title = Text(f"亩均效益评价 {year}", f"grading {year}")
    return work.ask("grade", title, user, park, method=method, year=year, url=address)


def keep(
    park: Park,
    grading: Grading,
    method: str,
    year: str,
    key: str,
    user: Any,
    *,
    appeal: Appeal | None = None,
    at: datetime | None = None,
    step: Any = None,
) -> GradeRun:
    """Write a grading down, all of it or nothing."""
    subjects = dict(park.subjects.filter(kind="firm").values_list("key", "pk"))
    rows = [g for g in grading.firms if g.firm.id in subjects]
    try:
        with transaction.atomic():
            made = GradeRun.objects.create(
                park=park,
                method=method,
                method_hash=grading.method.hash,
                year=year,
                key=key,
                options=options_of(park, method),
                counts=_counts(grading),
                warnings=[pair(Text(w.zh, w.en)) for w in grading.warnings][:200],
                version=__version__,
                firms=len(rows),
                appeal=appeal,
                by=user,
                at=at or timezone.now(),
            )
            for begin in range(0, len(rows), 1000):
                FirmGrade.objects.bulk_create([_row(made, subjects[g.firm.id], g) for g in rows[begin : begin + 1000]])
                if step is not None:
                    step(begin, len(rows))
            if step is not None:
                step(len(rows), len(rows))  # the last moment to hear that it was cancelled: nothing is kept then
    except IntegrityError:  # somebody else was faster: theirs is the same
        return GradeRun.objects.get(park=park, method=method, year=year, key=key)
    return made


def _counts(grading: Grading) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in grading.counts().values():
        for name, number in group.items():
            found[name] = found.get(name, 0) + number
    return found


def _row(made: GradeRun, subject: int, g: Graded) -> FirmGrade:
    told = {
        "items": [
            i.to_dict() | {"label": pair(i.label), "unit": i.unit, "note": pair(i.note), "filled": i.filled}
            for i in g.items
        ],
        "score": None if g.score is None else decimal_text(g.score, 6),
        "by_rank": g.by_rank,
        "grade": g.grade,
        "notes": [pair(n) for n in g.notes],
        "outside": pair(g.outside) if g.outside else None,
        "exempt": g.exempt,
        "treated_as": g.treated_as,
    }
    return FirmGrade(
        run=made,
        subject_id=subject,
        group=g.group,
        score=None if g.score is None else float(g.score),
        rank=g.rank,
        of=g.of,
        grade=g.grade or "",
        outside=bool(g.outside),
        body=FirmGrade.packed(told),
    )


def inputs_of(made: GradeRun, own: FirmGrade) -> list[dict[str, Any]]:
    """What a firm can object to: the figures its items were made of, and ratios that it gave as such."""
    method = chosen_method(made.park, made.method, made.method_hash)
    has = set(own.subject.figures.filter(period=made.year, by="").values_list("quantity", flat=True))
    found: dict[str, dict[str, Any]] = {}
    for item in method.group(own.group).items if own.group else ():
        node = item.indicator.fitted.node if item.indicator.fitted is not None else None
        names = [leaf.name for leaf in leaves(node)] if node is not None else []
        known = [n if n in has else substitutes().get(n, n) for n in names]
        for name in known if names and has.issuperset(known) else [item.indicator.id]:
            quantity = catalogue().find(name)
            label, unit = (quantity.label, quantity.unit) if quantity else (item.indicator.label, item.indicator.unit)
            found.setdefault(name, {"id": name, "label": pair(label), "unit": unit})
    return list(found.values())


@work.kind("grade")
def _in_background(job: Job, step: work.Step) -> dict[str, object]:
    assert job.park is not None
    made = run(job.park, job.arguments["method"], job.arguments["year"], job.by, step=step)
    return {"run": made.pk, "url": job.arguments["url"]}


@transaction.atomic
def decide(appeal: Appeal, accepted: bool, user: Any, answer: str, *, at: datetime | None = None) -> Appeal:
    """Decide on an appeal; an accepted one grades everybody again and keeps that.

    Raises
    ------
    EcoparkError
        It was decided before, no reason is given, or the figure cannot be used.
    """
    appeal = Appeal.objects.select_for_update().select_related("run", "run__park", "subject").get(pk=appeal.pk)
    if appeal.state != "open":
        raise EcoparkError("this appeal was decided before.", zh="这件申诉已经处理。")
    if not answer.strip():
        raise EcoparkError("say why.", zh="请写明处理理由。")
    now = at or timezone.now()
    park, method, year = appeal.run.park, appeal.run.method, appeal.run.year
    if accepted:
        before = graded(park, method, year)
        made, again = hear(
            before,
            appeal.subject.key,
            appeal.quantity,
            appeal.value,
            evidence=stored_path(appeal.stored),
            by=user.shown_name,
            on=timezone.localdate(now),
        )
        appeal.result = made.to_dict(again.method) | {"evidence": appeal.name}
    appeal.state = "accepted" if accepted else "rejected"
    appeal.answer, appeal.decided_by, appeal.decided = answer.strip()[:1000], user, now
    appeal.save()
    if accepted:
        keep(park, again, method, year, rests_on(park, method, year), user, appeal=appeal, at=now)
    return appeal
