"""Evidence on figures and clauses: files kept outside what is served, handed out only to who may see them."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.web.figures.attach import attach
from ecopark.web.figures.models import Evidence
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.uploads import DOCUMENTS, UploadError, stored_path


def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """What supports the figures; ``?about=`` cuts it down to one quantity or clause. Posting adds a file."""
    standing = enter(request, slug, "see_evidence")
    request.standing = standing  # type: ignore[attr-defined]
    about = request.GET.get("about", "")
    status = 200
    if request.method == "POST":
        if _add(request, standing):
            return redirect(request.get_full_path())
        status = 422
    found = visible(standing).filter(withdrawn__isnull=True).select_related("subject", "by")
    if about:
        found = found.filter(about=about)
    context = {
        "evidence": found[:500], "about": about, "accept": ",".join(f".{k}" for k in DOCUMENTS),
        "subjects": standing.subjects().exclude(kind="parcel").order_by("kind", "name")[:500] if may_add(standing) else [],
        "typed": request.POST,
    }  # fmt: skip
    return render(request, "data/evidence.html", context, status=status)


def _add(request: HttpRequest, standing: Standing) -> bool:
    about = request.POST.get("about", "").strip()
    subject = standing.subjects().filter(key=request.POST.get("subject", standing.park.key)).first()
    if subject is None or not standing.may("write_figures", subject.key):
        raise Http404
    typed = {key: request.POST.get(key, "") for key in ("period", "page", "dated")}
    try:
        made = attach(subject, about, request.FILES.get("file"), request.user, **typed)
    except UploadError as error:
        messages.error(request, say(error.text))
        return False
    messages.success(request, t(f"已保存“{made.name}”", f"'{made.name}' is kept"))
    return True


def download(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """The file itself, always as a download."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(visible(standing), pk=pk)
    if not found.stored or not stored_path(found.stored).is_file():
        raise Http404
    return FileResponse(
        stored_path(found.stored).open("rb"), as_attachment=True, filename=found.name, content_type=found.media_type
    )


@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a document back: it is no longer listed, and nothing is deleted."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(visible(standing), pk=pk, withdrawn__isnull=True)
    if not standing.may("write_figures", found.subject.key):
        raise Http404
    found.withdrawn = timezone.now()
    found.save(update_fields=["withdrawn"])
    messages.success(request, t(f"已撤下“{found.name}”", f"'{found.name}' was taken back"))
    return redirect("evidence", slug)


def visible(standing: Standing) -> QuerySet[Evidence]:
    """The documents a person may know."""
    return standing.of_subjects(Evidence.objects.filter(park=standing.park))


def may_add(standing: Standing) -> bool:
    """Whether they may add evidence to anything here."""
    return standing.may("write_figures") or bool(standing.firms)
