"""Comments on assessments, what was handed up, and what waits for the department over all its parks."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ecopark.web.assess import keep
from ecopark.web.assess import views as assess
from ecopark.web.assess.views import pack_or_404, period_or_404
from ecopark.web.comments import shown, waiting, work
from ecopark.web.comments.models import STATES, Comment, HandUp
from ecopark.web.pages.paging import paged
from ecopark.web.people.access import enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.typed import number_in

PER_PAGE = 30


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """All comments of a park and all that it has handed up."""
    standing = enter(request, slug, "comment")
    wanted = request.GET.get("state", "")
    rows = shown.of_park(standing)
    if wanted in STATES:
        rows = rows.filter(state=wanted)
    found = paged(request, rows, PER_PAGE)
    context = {
        "page": found, "threads": shown.threads(standing, found.object_list), "wanted": wanted, "states": STATES,
        "sent": shown.handed(standing, shown.handed_up(standing)), "everywhere": True,
    }  # fmt: skip
    return render(request, "comments/page.html", context)


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Say something about an assessment or a clause."""
    standing = enter(request, slug, "comment")
    get = request.POST.get
    pack = pack_or_404(get("pack", ""))
    period, clause = period_or_404(standing, get("period", "")), get("clause", "")
    try:
        work.say(standing, pack, period, clause, get("text", ""))
    except work.CommentError as error:
        return _again(request, slug, (pack.id, period, clause), error, "comment")
    messages.success(request, t("意见已记录", "Your comment was saved"))
    return _back(slug, pack.id, period, clause)


@require_POST
def reply(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Answer a comment, resolve it, or raise it again."""
    standing = enter(request, slug, "comment")
    found = get_object_or_404(Comment, pk=pk, park=standing.park)
    try:
        work.reply(found, request.POST.get("kind", ""), request.POST.get("text", ""), standing)
    except work.CommentError as error:
        return _again(request, slug, (found.pack, found.period, found.clause), error, f"reply-{pk}")
    if request.POST.get("back") == "list":
        return redirect("comments", slug)
    return _back(slug, found.pack, found.period, found.clause)


@require_POST
def hand_up(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand the assessment of a year up to the department above."""
    standing = enter(request, slug, "hand_up")
    get = request.POST.get
    pack, period = pack_or_404(get("pack", "")), period_or_404(standing, get("period", ""))
    try:
        kept = keep.assessed(standing.park, pack.id, period)
        work.hand_up(standing.park, kept, get("why", ""), request.user, number_in(get("seen", "")))
    except work.CommentError as error:
        return _again(request, slug, (pack.id, period, ""), error, "hand-up")
    messages.success(request, t("已报送上级部门", "Handed up to the department above"))
    return _back(slug, pack.id, period)


@require_POST
def step(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The department returns what was handed up, or accepts it."""
    standing = enter(request, slug, "comment")
    found = get_object_or_404(HandUp, pk=pk, park=standing.park)
    kind = request.POST.get("kind", "")
    if not standing.may(work.NEEDS.get(kind, "return_assessment")):
        raise PermissionDenied
    try:
        work.take(found, kind, request.POST.get("why", ""), request.user)
    except work.CommentError as error:
        return _again(request, slug, (found.pack, found.period, ""), error, f"step-{pk}")
    messages.success(request, t("已记录，园区办会看到", "Written down; the park office is told"))
    return _back(slug, found.pack, found.period)


def waiting_page(request: HttpRequest) -> HttpResponse:
    """What waits for the department above, over all parks of its area."""
    if not request.user.is_authenticated:
        raise Http404
    if not waiting.reviewed(request.user).exists():
        raise PermissionDenied
    context = {
        "page": paged(request, waiting.arrived(request.user), PER_PAGE),
        "answers": waiting.answers(request.user)[:PER_PAGE], "answered": waiting.answers(request.user).count(),
    }  # fmt: skip
    context["rows"] = [(row, waiting.pack_label(row.pack)) for row in context["page"].object_list]
    return render(request, "comments/waiting.html", context)


def _again(
    request: HttpRequest, slug: str, about: tuple[str, str, str], error: work.CommentError, form: str
) -> HttpResponse:
    """The page once more with what was typed, as the answer to something that was not taken."""
    pack, period, clause = about
    messages.error(request, say(error.text))
    request.typed = {"form": form, "text": request.POST.get("text") or request.POST.get("why", "")}  # type: ignore[attr-defined]
    answer = (
        assess.drawer(request, slug, pack, period, clause) if clause else assess.clauses(request, slug, pack, period)
    )
    answer.status_code = 422
    return answer


def _back(slug: str, pack: str, period: str, clause: str = "") -> HttpResponse:
    if clause:
        return redirect("assess-clause", slug, pack, period, clause)
    return redirect("assess-pack", slug, pack, period)
