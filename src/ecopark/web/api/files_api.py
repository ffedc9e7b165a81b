"""Workbooks in with a preview, evidence in and out, and the steps of a firm's submission."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from ecopark.core.text import Text
from ecopark.web.api import shapes
from ecopark.web.api.common import REFUSED, come_in, cut, problem_row, who
from ecopark.web.assess.views import pack_or_404
from ecopark.web.figures import (
    asking,
    attach,
    corrections,
    evidence,
    evidence_views,
    import_views,
    imports,
    incoming,
    reading,
    submit,
)  # fmt: skip
from ecopark.web.figures.change import ConflictError
from ecopark.web.figures.models import Evidence, Import, Submission
from ecopark.web.jobs import work
from ecopark.web.people.access import Standing
from ecopark.web.uploads import TABLES, keep

router = Router()
ImportPage, LinePage, EvidencePage, SubmissionPage, PendingPage = (
    shapes.page_of(shape)
    for shape in (shapes.ImportOut, shapes.ImportLine, shapes.EvidenceOut, shapes.SubmissionOut, shapes.PendingOut)
)


@router.get("/parks/{slug}/template.xlsx", summary="workbook to fill in / 填报模板")
def template(request: HttpRequest, slug: shapes.Name, of: shapes.Name = "") -> HttpResponse:
    """The workbook that asks for what the park's standards need; `of` a firm's key asks for that firm's."""
    return import_views.template(request, slug)


@router.post("/parks/{slug}/imports", response={200: shapes.ImportOut, **REFUSED}, summary="send a workbook / 上传表格")
def upload(request: HttpRequest, slug: shapes.Name, file: File[UploadedFile], form: Form[shapes.ImportForm]) -> Any:
    """Read a workbook and say what it would change; nothing is stored before `apply`.

    A firm's template holds that firm's figures and nobody else's. What a firm brings waits for the office like what it writes.

    A table whose columns are new, or no longer fit its `mapping`, waits without a preview: see `imports/ID/columns`.
    """
    standing = come_in(request, slug, "import_own", form.firm or None)
    saved = None
    if form.mapping.isdecimal():
        saved = get_object_or_404(standing.park.column_mappings, pk=form.mapping, withdrawn__isnull=True)
    stored = keep(file, f"imports/{standing.park.pk}", TABLES)
    made = incoming.receive(standing, stored, form.year, saved=saved, own=form.mapping == "new", firm=form.firm)
    return import_row(made) | {"problems": _problems(made)}


@router.get("/parks/{slug}/imports", response={200: ImportPage, **REFUSED}, summary="imports / 导入记录")
def imports_of(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Workbooks that were sent, the latest first."""
    standing = come_in(request, slug, "import_own")
    return cut(imports.visible(standing).select_related("by", "subject"), limit, offset, import_row)


@router.get("/parks/{slug}/imports/{number}", response={200: shapes.ImportOut, **REFUSED}, summary="an import / 导入")
def import_of(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> Any:
    """How many rows are new, changed, conflicting, of another year, unchanged, unusable; or why there is no preview."""
    found = find_import(come_in(request, slug, "import_own"), number)
    return import_row(found) | {"problems": _problems(found)}


@router.get(
    "/parks/{slug}/imports/{number}/rows", response={200: LinePage, **REFUSED}, summary="rows of the preview / 预览行"
)
def lines_of(
    request: HttpRequest, slug: shapes.Name, number: shapes.Number, group: shapes.Name = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """The rows of a preview beside what is stored, by group."""
    found = find_import(come_in(request, slug, "import_own"), number)
    rows = [line for line in imports.remembered(found) if not group or line.group == group]
    return cut(rows, limit, offset, _line)


@router.post(
    "/parks/{slug}/imports/{number}/apply", response={200: shapes.Applied, 409: shapes.Fault, **REFUSED},
    summary="store a preview / 保存导入",
)  # fmt: skip
def apply(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: shapes.ApplyIn) -> Any:
    """Store the rows of some groups, all or none; many rows are stored in the background."""
    standing = come_in(request, slug, "import_own")
    found = find_import(standing, number)
    if found.applied:
        return said_already()
    groups = [g for g in body.groups if g in imports.USABLE]
    count = sum(n for g, n in imports.counts(imports.remembered(found)).items() if g in groups)
    if count > imports.BACKGROUND:
        title = Text(f"导入 {found.name}", f"importing {found.name}")
        job = work.ask("import", title, request.user, standing.park, import_id=found.pk, groups=groups)
        return {"job": job.pk}
    try:
        return {"written": imports.apply(found, request.user, groups)}
    except ConflictError as error:
        said = import_views.conflict_words(error)
        return Status(409, {"error": {"code": "conflict", "zh": said, "en": said}})


@router.get("/parks/{slug}/evidence", response={200: EvidencePage, **REFUSED}, summary="evidence / 佐证材料")
def documents(
    request: HttpRequest, slug: shapes.Name, about: shapes.Name = "", subject: shapes.Name = "",
    period: shapes.YearOrNone = "", clause: shapes.Name = "", withdrawn: bool = False, limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Documents behind figures and clauses, as far as you may see them.

    `clause` (`pack/tail`): also those behind every figure that bears on it. `withdrawn`: those that were taken back instead.
    """
    standing = come_in(request, slug, "see_evidence", subject or None)
    rows = evidence.visible(standing)
    if clause:
        pack, _, tail = clause.partition("/")
        rows = evidence.of_clause(standing, pack_or_404(pack).id, tail, period)
    if withdrawn or not clause:
        rows = rows.filter(withdrawn__isnull=not withdrawn)
    if subject:
        rows = rows.filter(subject__key=subject)
    if about:
        rows = rows.filter(about=about)
    return cut(evidence.of_year(rows, period), limit, offset, _evidence)


@router.post("/parks/{slug}/evidence", response={200: shapes.EvidenceOut, **REFUSED}, summary="add evidence / 上传佐证")
def add_evidence(
    request: HttpRequest, slug: shapes.Name, file: File[UploadedFile], form: Form[shapes.EvidenceForm]
) -> Any:
    """Attach a document to a quantity or clause of the park, or of one of its firms."""
    standing = come_in(request, slug, "see_evidence")
    own = form.subject or standing.own_subject
    found = standing.subjects().filter(key=own).first()
    if found is None:
        raise Http404
    if not standing.may("write_figures", found.key):
        raise PermissionDenied
    return _evidence(
        attach.attach(found, form.about, file, request.user, **form.dict(include={"period", "page", "dated"}))
    )


@router.get("/parks/{slug}/evidence/{number}/file", summary="the document itself / 下载佐证")
def evidence_file(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> FileResponse:
    """The file, as it was sent."""
    return evidence_views.download(request, slug, number)


@router.post(
    "/parks/{slug}/evidence/{number}/withdraw",
    response={200: shapes.EvidenceOut, **REFUSED},
    summary="take back / 撤下",
)
def withdraw_evidence(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: shapes.WithdrawIn) -> Any:
    """Take a document back, with a reason; it stays on file."""
    standing = come_in(request, slug, "see_evidence")
    found = get_object_or_404(evidence.visible(standing), pk=number)
    if not standing.may("write_figures", found.subject.key):
        raise PermissionDenied
    attach.take_back(found, request.user, body.why)
    return _evidence(found)


@router.get(
    "/parks/{slug}/evidence/{number}/history", response={200: list[shapes.EvidenceEvent], **REFUSED},
    summary="what happened to a document / 佐证变更记录",
)  # fmt: skip
def evidence_history(request: HttpRequest, slug: shapes.Name, number: shapes.Number) -> Any:
    """Who added a document, who moved it to another firm, who took it back, when and why; the latest first."""
    standing = come_in(request, slug, "see_evidence")
    found = get_object_or_404(evidence.visible(standing), pk=number)
    return [
        {"at": e.at, "who": who(e.who), "what": {"zh": e.what.zh, "en": e.what.en}, "why": e.why}
        for e in evidence.past(found)
    ]


@router.get("/parks/{slug}/submissions", response={200: SubmissionPage, **REFUSED}, summary="submissions / 企业填报")
def submissions(
    request: HttpRequest, slug: shapes.Name, period: shapes.YearOrNone = "", state: shapes.Name = "", limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Where the firms' figures are on their way to the office; a reporter sees their own."""
    standing = come_in(request, slug, "see_figures")
    rows = standing.of_subjects(Submission.objects.filter(park=standing.park)).select_related("subject")
    if period:
        rows = rows.filter(period=period)
    if state:
        rows = rows.filter(state=state)
    return cut(rows.order_by("-period", "subject__key"), limit, offset, _submission)


@router.post(
    "/parks/{slug}/submissions/step",
    response={200: shapes.SubmissionOut, **REFUSED},
    summary="submit, withdraw, accept, return / 提交、撤回、采用、退回",
)
def step(request: HttpRequest, slug: shapes.Name, body: shapes.StepIn) -> Any:
    """Move a firm's figures of one year on."""
    standing = come_in(request, slug, "see_figures")
    subject = standing.subjects().filter(key=body.firm, kind="firm").first()
    needed = submit.NEEDS.get(body.step)
    if subject is None or needed is None:
        raise Http404
    if not standing.may(needed, subject.key):
        raise PermissionDenied
    found = submit.of(standing.park, subject, body.period)
    submit.take(found, body.step, request.user, body.reason, seen=body.seen)
    return _submission(found)


@router.get(
    "/parks/{slug}/submissions/changes",
    response={200: PendingPage, **REFUSED},
    summary="what would change / 待处理改动",
)
def changes(
    request: HttpRequest, slug: shapes.Name, firm: shapes.Name, period: shapes.Year, limit: shapes.Limit = 100,
    offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """What would change if all that a firm has typed for a year, and that is not decided on, were accepted."""
    standing = come_in(request, slug, "see_figures", firm)
    subject = standing.subjects().filter(key=firm, kind="firm").first()
    if subject is None:
        raise Http404
    return cut(corrections.pending(standing.park, subject, period), limit, offset, _pending)


@router.post(
    "/parks/{slug}/submissions/ask", response={200: shapes.Asked, **REFUSED}, summary="ask firms / 下达填报要求"
)
def ask(request: HttpRequest, slug: shapes.Name, body: shapes.AskIn) -> Any:
    """Ask all firms that were active in a year for its figures, by a day; or one firm, which may get another day."""
    standing = come_in(request, slug, "accept_figures")
    submit.in_time(body.due)
    if body.firm:
        firms = submit.askable(standing.park, body.period, body.firm)
        return {"asked": submit.ask(standing.park, firms, body.period, body.due, request.user)}
    count, job = asking.ask_all(standing.park, body.period, body.due, request.user)
    return {"asked": count, "job": job.pk if job else None}


def find_import(standing: Standing, number: int) -> Import:
    """An import of the park that the person may know of."""
    return get_object_or_404(imports.visible(standing).select_related("by", "mapping", "park", "subject"), pk=number)


def said_already() -> Status[Any]:
    """What somebody hears who wants to change or store an import that was stored."""
    text = Text("这份表已导入过。", "This workbook was brought in already.")
    return Status(409, {"error": {"code": "applied", "zh": text.zh, "en": text.en}})


def import_row(found: Import) -> dict[str, Any]:
    """An import as the API shows it."""
    counted = found.summary.get("counts") or imports.counts(imports.remembered(found))
    return {
        "id": found.pk, "name": found.name, "at": found.at, "by": who(found.by), "counts": counted,
        "applied": found.applied, "mapping": found.mapping_id, "previewed": imports.previewed(found),
        "firm": found.subject.key if found.subject else "",
        "job": job.pk if (job := reading.job_of(found)) else None,
    }  # fmt: skip


def _problems(found: Import) -> list[dict[str, str]]:
    """Why there is no preview."""
    if reading.awaited(found):
        told = reading.problems_of(found)
        return [{"code": "unusable", "place": found.name, "zh": t.zh, "en": t.en} for t in told]
    return [problem_row(p) for p in incoming.doubts(found)]


def _line(line: imports.Line) -> dict[str, Any]:
    fields = ("group", "subject", "quantity", "period", "by", "given", "unit", "place", "stored")
    return {name: getattr(line, name) for name in fields} | {"problem": {"zh": line.problem.zh, "en": line.problem.en}}


def _evidence(e: Evidence) -> dict[str, Any]:
    return {
        "id": e.pk, "about": e.about, "subject": e.subject.key, "period": e.period, "name": e.name,
        "media_type": e.media_type, "size": e.size, "digest": e.digest, "page": e.page, "dated": e.dated, "by": who(e.by),
        "at": e.at, "has_file": bool(e.stored), "withdrawn": e.withdrawn, "withdrawn_by": who(e.withdrawn_by),
        "withdrawn_why": e.withdrawn_why,
    }  # fmt: skip


def _submission(s: Submission) -> dict[str, Any]:
    return {
        "firm": s.subject.key, "period": s.period, "state": s.state, "due": s.due, "reason": s.reason, "at": s.at,
        "stamp": submit.stamp_of(s),
    }  # fmt: skip


def _pending(row: corrections.Pending) -> dict[str, Any]:
    f, w = row.figure, row.wanted
    before = ("", "") if row.before is None else (f.given, f.unit)
    return {
        "id": f.pk, "quantity": f.quantity, "period": f.period, "by": f.by, "is_correction": row.is_correction,
        "state": w.state, "before": before[0], "before_unit": before[1], "after": w.given, "after_unit": w.unit,
        "source": w.source, "note": w.note, "why": row.why, "entered_by": who(w.entered_by), "entered_at": w.entered_at,
    }  # fmt: skip
