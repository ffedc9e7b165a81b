"""Figures by theme: completeness, forms with last year's value beside, problems at the field, the history of one figure."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from ecopark.core.words import counted
from ecopark.errors import InputError
from ecopark.observations.quantity import catalogue
from ecopark.web.assess.keep import years_of, years_open
from ecopark.web.assess.views import asked_day, of_a_day
from ecopark.web.figures import corrections, evidence, evidence_views, submit_views
from ecopark.web.figures.change import Change, ConflictError, readable, write
from ecopark.web.figures.facts import problems_of
from ecopark.web.figures.form_rows import (
    FormRow,
    asked,
    compute_all,
    convert_all,
    converted,
    form_rows,
    themes_of,
    units_offered,
)
from ecopark.web.figures.models import Figure
from ecopark.web.figures.past import past
from ecopark.web.figures.reminders import reminders
from ecopark.web.figures.said import canonical_of
from ecopark.web.pages.context import lang
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import is_year, number_in


def themes(request: HttpRequest, slug: str) -> HttpResponse:
    """The themes of one subject and year with how complete each is."""
    standing, subject = _enter(request, slug, "see_figures")
    period = _period(request, standing)
    context = {
        "subject": subject, "period": period, "themes": themes_of(standing.park, subject, period),
        "years": years_open(standing.park, period), "may_write": standing.may("write_figures", subject.key),
        "handing_in": submit_views.handing_in(standing, subject, period),
        "may_import": standing.may("import_own", subject.key), "reminders": reminders(standing, timezone.localdate()),
        "own_firms": _own_firms(standing),
    }  # fmt: skip
    return render(request, "data/themes.html", context)


@of_a_day
def form(request: HttpRequest, slug: str, theme: str) -> HttpResponse:
    """The form of one theme; what is wrong stands at its field, and nothing is stored until all of it can be.

    With ``?on=`` it shows an earlier day, only to be read.
    """
    standing, subject = _enter(request, slug, "see_figures")
    found = catalogue().themes.get(theme)
    if found is None:
        raise Http404
    period = _period(request, standing)
    everything = request.GET.get("all") == "1"
    quantities = [q for q in asked(standing.park, subject, everything=everything) if q.theme == theme]
    handed_in = subject.kind == "firm" and corrections.handed_in(standing.park, [(subject.key, period)]) is not None
    day = asked_day(request, standing)
    rows = form_rows(standing.park, subject, quantities, period, own=not standing.wide, locked=handed_in, day=day)
    may_write = day is None and standing.may("write_figures", subject.key)
    status = 200
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if _save(request, standing, subject, rows):
            return redirect(f"{request.path}?{request.GET.urlencode()}")
        status = 422
    if day is None:
        behind = evidence.counts(standing, subject, [q.id for q in quantities], period)
        for row in rows:
            row.documents = behind.get(row.quantity.id, 0)
    compute_all(standing.park, subject, rows, period, day)
    convert_all(standing.park, subject, rows)
    context = {
        "subject": subject, "period": period, "theme": found, "rows": rows, "everything": everything,
        "units": _units(rows), "years": years_open(standing.park, period), "may_write": may_write,
        "problems": sum(bool(r.problems) for r in rows), "departments": catalogue().departments,
        "handing_in": submit_views.handing_in(standing, subject, period), "locked": handed_in and not standing.wide,
        "may_see_evidence": day is None and standing.may("see_evidence"),
        "own_firms": _own_firms(standing),
        "reminders": [
            r for r in (reminders(standing, timezone.localdate()) if standing.firms and day is None else ())
            if (r.firm, r.period) == (subject.key, period)
        ],
        "reason": request.POST.get("reason", ""), "reason_missing": status == 422 and _unexplained(request, rows),
    }  # fmt: skip
    return render(request, "data/form.html", context, status=status)


def _unexplained(request: HttpRequest, rows: list[FormRow]) -> bool:
    """Whether an accepted figure is to be changed without a reason; a first entry needs none, nor one's open correction."""
    explained = [bool(row.own and row.correction and row.correction.why) for row in rows]
    changed = any(
        row.changed and row.figure and row.figure.state == "accepted" and not said
        for row, said in zip(rows, explained, strict=True)
    )
    return changed and not request.POST.get("reason", "").strip()


def _units(rows: list[FormRow]) -> dict[str, tuple[str, ...]]:
    """The units that are offered, by the id of their list: one list for all rows with one unit of the catalogue."""
    found: dict[str, tuple[str, ...]] = {}
    ids: dict[str, str] = {}
    for row in rows:
        unit = row.canonical_unit
        if not row.choices and (units := units_offered(unit, lang())):
            row.units_id = ids.setdefault(unit, f"units-{len(ids) + 1}")
            found[row.units_id] = units
    return found


def converted_value(request: HttpRequest, slug: str) -> HttpResponse:
    """What somebody is typing into a row, in the catalogue's unit; or why it cannot be read. Nothing is stored."""
    standing, subject = _enter(request, slug, "see_figures")
    name = next((key.removeprefix("given|") for key in request.GET if key.startswith("given|")), "")
    quantity, _, by = name.partition("|")
    found = catalogue().find(quantity)
    if found is None:
        raise Http404
    given, unit = request.GET.get(f"given|{name}", ""), request.GET.get(f"unit|{name}", "")
    change = Change(subject.key, found.id, _period(request, standing), given, unit, by)
    text, problems = "", []
    try:
        text = say(converted(standing.park, change.row(), canonical_of(found, by), {subject.key: subject}))
    except InputError as error:
        problems = problems_of(error, lang())
    return render(request, "data/converted.html", {"text": text, "problems": problems})


def _changes(request: HttpRequest, standing: Standing, subject: Subject, rows: list[FormRow]) -> list[Change]:
    """What was typed, taken into the rows; what can be stored of it. What cannot is told at its row."""
    changes, known = [], {subject.key: subject}
    for row in rows:
        if f"given|{row.name}" not in request.POST:
            continue
        row.given = request.POST.get(f"given|{row.name}", "")
        row.unit = request.POST.get(f"unit|{row.name}", row.unit)
        row.note = request.POST.get(f"note|{row.name}", row.note)
        row.source = request.POST.get(f"source|{row.name}", row.source)
        seen = number_in(request.POST.get(f"version|{row.name}", ""))
        if not row.changed:
            continue
        if seen not in (None, row.version):
            row.theirs = row.figure
            row.problems.append(
                t(
                    "这个数刚在别处改过（另一人或您的另一窗口）。对方的值已列出；要用您的值请再保存一次。",
                    "This figure has just been changed elsewhere, by somebody else or in another window of yours. That value "
                    "is shown here; save again to use yours.",
                )
            )
            continue
        try:
            readable(standing.park, row.change(subject.key), known)
        except InputError as error:
            row.problems += problems_of(error, lang())
            continue
        changes.append(row.change(subject.key))
    return changes


def _save(request: HttpRequest, standing: Standing, subject: Subject, rows: list[FormRow]) -> bool:
    """Take over what was typed; True if all of it was stored."""
    if any(row.locked and request.POST.get(f"given|{row.name}", row.given) != row.given for row in rows):
        error = corrections.HandedInError(subject.name, next(r.period for r in rows if r.locked))
        messages.error(request, say(error.text))
        return False
    changes = _changes(request, standing, subject, rows)
    if any(row.problems for row in rows):
        messages.error(
            request,
            t("有问题的数已标出，尚未保存任何一项。", "The fields with problems are marked. Nothing was stored yet."),
        )
        return False
    if _unexplained(request, rows):
        messages.error(
            request,
            t(
                "改动已采用的数须写明变更原因；尚未保存任何一项。",
                "Say why an accepted figure is changed. Nothing was stored yet.",
            ),
        )
        return False
    why = request.POST.get("reason", "").strip()[:300]
    reason = why or t("页面填报", "typed into the form")
    state = "accepted" if standing.wide else "draft"
    try:
        count = write(standing.park, changes, request.user, reason, state=state, why=why)
    except corrections.HandedInError as error:
        messages.error(request, say(error.text))
        return False
    except ConflictError as conflict:
        for row in rows:
            if (row.quantity.id, row.by) == (conflict.figure.quantity, conflict.figure.by):
                row.theirs = conflict.figure
        messages.error(
            request,
            t(
                "保存时别人改了同一个数，未保存。请核对后再存。",
                "Somebody changed the same figure meanwhile. Nothing was stored: look at both, then save again.",
            ),
        )
        return False
    messages.success(request, t(f"已保存 {count} 项", f"{counted(count, 'figure')} stored"))
    return True


def history(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Every value a figure ever had: who, when, before, after and why."""
    standing = enter(request, slug, "see_history")
    figure = get_object_or_404(standing.of_subjects(Figure.objects.filter(park=standing.park)), pk=pk)
    events = [
        {
            "at": one.at, "who": one.who.shown_name if one.who else "", "what": one.state, "before": one.before,
            "after": one.after, "why": one.why,
        }
        for one in past(figure)
    ]  # fmt: skip
    context = {"figure": figure, "quantity": catalogue().find(figure.quantity), "events": events}
    context |= evidence_views.of_figure(standing, figure.subject, figure.quantity, figure.period)
    return render(request, "data/history.html", context)


def _enter(request: HttpRequest, slug: str, action: str) -> tuple[Standing, Subject]:
    """The standing, and the subject the page is about: the park, a firm named by ``?of=``, or the reporter's own firm."""
    wanted = request.GET.get("of")
    standing = enter(request, slug, action, wanted)
    if wanted is None and not standing.own_subject:
        raise PermissionDenied
    subject = standing.subjects().filter(key=wanted or standing.own_subject).first()
    if subject is None:
        raise Http404
    return standing, subject


def _own_firms(standing: Standing) -> list[Subject]:
    """The firms of a reporter; nobody else has to choose here."""
    return [] if standing.wide else list(standing.subjects().filter(key__in=standing.firms).order_by("name", "key"))


def _period(request: HttpRequest, standing: Standing) -> str:
    wanted = request.GET.get("year", "")
    if is_year(wanted) and 1980 <= int(wanted) <= 2100:
        return wanted
    years = years_of(standing.park)
    return str(years[0] if years else date.today().year - 1)
