"""Evidence on figures and clauses: files kept outside what is served, handed out only to who may see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ecopark.packs.load import shipped_ids
from ecopark.web.figures import evidence
from ecopark.web.figures.attach import attach, take_back
from ecopark.web.pages.paging import paged
from ecopark.web.parks.models import Subject
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.uploads import DOCUMENTS, UploadError, file_answer, stored_path

PAGE = 100


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """What supports the figures; ``?about=&of=&year=``, or a clause with all its figures, cut it down. Posting adds a file."""
    wanted = request.GET.get("of") or None
    standing = enter(request, slug, "see_evidence", wanted)
    status = 200
    if request.method == "POST":
        if _add(request, standing):
            return redirect(_back(request))
        status = 422
    about, year = request.GET.get("about", ""), request.GET.get("year", "")
    back, gone = request.GET.get("back", ""), request.GET.get("withdrawn") == "1"
    subject = standing.subjects().filter(key=wanted or standing.own_subject).first()
    clause = request.GET.get("clause", "")
    found = evidence.visible(standing).filter(withdrawn__isnull=not gone)
    if clause and not gone:
        found = evidence.of_clause(standing, *_pack_and_tail(clause), year)
    if about:
        found = found.filter(about=about)
    if wanted:
        found = found.filter(subject=subject)
    page = paged(request, evidence.of_year(found, year), PAGE)
    may_add = subject is not None and standing.may("write_figures", subject.key)
    context = {
        "page": page, "rows": rows_of(standing, page), "about": about,
        "about_words": evidence.about_words(about or clause) if about or clause else "", "clause": clause,
        "subject": subject, "cut_down": bool(about or wanted or year or clause), "year": year, "gone": gone,
        "back": back if own_address(back) else "", "accept": ",".join(f".{k}" for k in DOCUMENTS), "may_add": may_add,
        "choices": evidence.choices(standing.park, subject) if may_add and subject and not about else [], "typed": request.POST,
    }  # fmt: skip
    return render(request, "data/evidence.html", context, status=status)


def _pack_and_tail(clause: str) -> tuple[str, str]:
    pack, _, tail = clause.partition("/")
    if pack not in shipped_ids():
        raise Http404
    return pack, tail


def rows_of(standing: Standing, found: Any) -> list[dict[str, Any]]:
    """Documents as the pages list them: each with what it is about in words, and whether this person may take it back."""
    return [
        {
            "one": one, "about": evidence.about_words(one.about),
            "may_withdraw": one.withdrawn is None and standing.may("write_figures", one.subject.key),
        }
        for one in found
    ]  # fmt: skip


def _add(request: HttpRequest, standing: Standing) -> bool:
    about = request.POST.get("about", "").strip()
    subject = _written(standing, request.POST.get("subject", standing.park.key))
    typed = {key: request.POST.get(key, "") for key in ("period", "page", "dated")}
    try:
        made = attach(subject, about, request.FILES.get("file"), request.user, **typed)
    except UploadError as error:
        messages.error(request, say(error.text))
        return False
    messages.success(request, t(f"已保存“{made.name}”", f"'{made.name}' is kept"))
    return True


def _written(standing: Standing, key: str) -> Subject:
    subject = standing.subjects().filter(key=key).first()
    if subject is None:
        raise Http404
    if not standing.may("write_figures", subject.key):
        raise PermissionDenied
    return subject


def download(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """The file itself, always as a download."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(evidence.visible(standing), pk=pk)
    return file_answer(stored_path(found.stored), found.name, found.media_type)


def history(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What happened to one document: added, moved, taken back; by whom, when and why."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(evidence.visible(standing), pk=pk)
    events = [
        {"at": e.at, "who": e.who.shown_name if e.who else "", "what": e.what, "why": e.why or None}
        for e in evidence.past(found)
    ]
    context = {"found": found, "about_words": evidence.about_words(found.about), "events": events}
    return render(request, "data/evidence_history.html", context)


@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a document back, with a reason: it is no longer listed, and nothing is deleted."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(evidence.visible(standing), pk=pk)
    _written(standing, found.subject.key)
    try:
        take_back(found, request.user, request.POST.get("why", ""))
    except UploadError as error:
        messages.error(request, say(error.text))
    else:
        messages.success(request, t(f"已撤下“{found.name}”", f"'{found.name}' was taken back"))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """Where somebody came from, else the list."""
    back = request.POST.get("back", "")
    if own_address(back):
        return back
    here = reverse("evidence", args=[request.resolver_match.kwargs["slug"]]) if request.resolver_match else "/"
    kept = {k: v for k in ("about", "of", "year", "page") if (v := request.GET.get(k))}
    return f"{here}?{urlencode(kept)}" if kept else here


def own_address(address: str) -> bool:
    """Whether an address to go back to is one of this site."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def documents(standing: Standing, found: Any) -> dict[str, Any]:
    """What the drawers of a figure and of a clause show of the documents behind them."""
    shown = list(found[: evidence.SHOWN + 1])
    return {
        "documents": rows_of(standing, shown[: evidence.SHOWN]), "documents_more": len(shown) > evidence.SHOWN,
        "may_see_evidence": standing.may("see_evidence"),
    }  # fmt: skip


def of_figure(standing: Standing, subject: Subject, about: str, period: str) -> dict[str, Any]:
    """The documents behind one figure, those that were taken back too."""
    rows: Any = evidence.of_year(evidence.visible(standing), period).filter(subject=subject, about=about)
    return documents(standing, rows)
