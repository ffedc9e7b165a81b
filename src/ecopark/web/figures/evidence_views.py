"""Evidence on figures and clauses: files kept outside what is served, handed out only to who may see them."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.observations.quantity import catalogue
from ecopark.web.figures.models import Evidence
from ecopark.web.people.access import Standing, enter
from ecopark.web.templatetags.ui import say, t
from ecopark.web.uploads import DOCUMENTS, UploadError, keep, stored_path
from ecopark.workflows.assess_park import known_reported


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
    found = _visible(standing).filter(withdrawn__isnull=True).select_related("subject", "by")
    if about:
        found = found.filter(about=about)
    context = {
        "evidence": found[:500], "about": about, "accept": ",".join(f".{k}" for k in DOCUMENTS),
        "subjects": standing.subjects().exclude(kind="parcel").order_by("kind", "name")[:500] if _may_write(standing) else [],
        "typed": request.POST,
    }  # fmt: skip
    return render(request, "data/evidence.html", context, status=status)


def _add(request: HttpRequest, standing: Standing) -> bool:
    about = request.POST.get("about", "").strip()
    subject = standing.subjects().filter(key=request.POST.get("subject", standing.park.key)).first()
    if subject is None or not standing.may("write_figures", subject.key):
        raise Http404
    if about not in catalogue() and known_reported(about) is None:
        messages.error(request, t(f"“{about}”不是数据项或条款编号。", f"'{about}' is neither a quantity nor a clause."))
        return False
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, t("请选择文件。", "Choose a file."))
        return False
    try:
        stored = keep(file, f"evidence/{standing.park.pk}")
    except UploadError as error:
        messages.error(request, say(error.text))
        return False
    Evidence.objects.create(
        park=standing.park, subject=subject, about=about, period=request.POST.get("period", "")[:12], name=stored.name,
        stored=stored.key, media_type=stored.media_type, size=stored.size, digest=stored.digest,
        page=request.POST.get("page", "")[:40], dated=request.POST.get("dated", "")[:20], by=request.user,
    )  # fmt: skip
    messages.success(request, t(f"已保存“{stored.name}”", f"'{stored.name}' is kept"))
    return True


def download(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    """The file itself, always as a download."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(_visible(standing), pk=pk)
    if not found.stored or not stored_path(found.stored).is_file():
        raise Http404
    return FileResponse(
        stored_path(found.stored).open("rb"), as_attachment=True, filename=found.name, content_type=found.media_type
    )


@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a document back: it is no longer listed, and nothing is deleted."""
    standing = enter(request, slug, "see_evidence")
    found = get_object_or_404(_visible(standing), pk=pk, withdrawn__isnull=True)
    if not standing.may("write_figures", found.subject.key):
        raise Http404
    found.withdrawn = timezone.now()
    found.save(update_fields=["withdrawn"])
    messages.success(request, t(f"已撤下“{found.name}”", f"'{found.name}' was taken back"))
    return redirect("evidence", slug)


def _visible(standing: Standing) -> QuerySet[Evidence]:
    return standing.of_subjects(Evidence.objects.filter(park=standing.park))


def _may_write(standing: Standing) -> bool:
    return standing.may("write_figures") or bool(standing.firms)
