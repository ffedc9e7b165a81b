"""Comments on assessments with their answers; assessments handed up, returned and accepted; what waits for the department."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from ecopark.web.api import shapes
from ecopark.web.api import shapes_comments as out
from ecopark.web.api.common import REFUSED, come_in, cut
from ecopark.web.assess import keep
from ecopark.web.assess.views import pack_or_404, period_or_404
from ecopark.web.comments import shown, waiting, work
from ecopark.web.comments.models import Comment, HandUp
from ecopark.web.people.access import Standing
from ecopark.web.people.access import standing as standing_of

router = Router()
CommentPage, HandedPage = shapes.page_of(out.CommentOut), shapes.page_of(out.HandedOut)
AnsweredPage = shapes.page_of(out.AnsweredOut)


@router.get("/parks/{slug}/comments", response={200: CommentPage, **REFUSED}, summary="comments / 意见")
def comments(
    request: HttpRequest, slug: shapes.Name, pack: shapes.Name = "", period: shapes.YearOrNone = "",
    clause: shapes.Name = "", state: out.State = "", limit: shapes.Limit = 100, offset: shapes.Number = 0,
) -> Any:  # fmt: skip
    """Comments on the park's assessments, the latest first; `state` is open, answered or resolved."""
    standing = come_in(request, slug, "comment")
    wanted = {"pack": pack, "period": period, "clause": clause, "state": state}
    rows = shown.of_park(standing).filter(**{name: value for name, value in wanted.items() if value})
    return cut(rows, limit, offset, lambda row: _comment(standing, row))


@router.post("/parks/{slug}/comments", response={200: out.CommentOut, **REFUSED}, summary="comment / 提出意见")
def say(request: HttpRequest, slug: shapes.Name, body: out.CommentIn) -> Any:
    """Say something about an assessment or one of its clauses."""
    standing = come_in(request, slug, "comment")
    period = period_or_404(standing, body.period)
    return _comment(standing, work.say(standing, pack_or_404(body.pack), period, body.clause, body.text))


@router.post(
    "/parks/{slug}/comments/{number}/replies", response={200: out.CommentOut, **REFUSED}, summary="reply / 答复"
)
def reply(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: out.ReplyIn) -> Any:
    """Answer it, mark it as resolved (whoever said it, or has the same role), or raise it again."""
    standing = come_in(request, slug, "comment")
    found = get_object_or_404(Comment, pk=number, park=standing.park)
    work.reply(found, body.kind, body.text, standing)
    return _comment(standing, found)


@router.get("/parks/{slug}/handed-up", response={200: HandedPage, **REFUSED}, summary="handed up / 已报送")
def handed_up(request: HttpRequest, slug: shapes.Name, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """The assessments the park has handed up to the department above, the latest step first."""
    standing = come_in(request, slug, "comment")
    return cut(shown.handed_up(standing), limit, offset, lambda row: _handed(standing, row))


@router.post("/parks/{slug}/handed-up", response={200: out.HandedOut, **REFUSED}, summary="hand up / 报送")
def hand_up(request: HttpRequest, slug: shapes.Name, body: out.HandUpIn) -> Any:
    """Hand the assessment that holds now up to the department above; it is kept as it is."""
    standing = come_in(request, slug, "hand_up")
    kept = keep.assessed(standing.park, pack_or_404(body.pack).id, period_or_404(standing, body.period))
    return _handed(standing, work.hand_up(standing.park, kept, body.why, request.user, body.seen))


@router.post(
    "/parks/{slug}/handed-up/{number}/steps",
    response={200: out.HandedOut, **REFUSED},
    summary="return, accept / 退回、接收",
)
def step(request: HttpRequest, slug: shapes.Name, number: shapes.Number, body: out.HandedStep) -> Any:
    """The department above accepts what was handed up, or returns it with its reason."""
    standing = come_in(request, slug, "return_assessment")
    found = get_object_or_404(HandUp, pk=number, park=standing.park)
    return _handed(standing, work.take(found, body.kind, body.why, request.user))


@router.get("/waiting/handed-up", response={200: HandedPage, **REFUSED}, summary="to review, all parks / 待审阅")
def to_review(request: HttpRequest, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """What the parks of your area have handed up and what waits for you, the oldest first."""
    _above(request)
    rows = waiting.arrived(request.user).prefetch_related("events__by")
    return cut(rows, limit, offset, lambda row: _handed(standing_of(request.user, row.park), row))


@router.get("/waiting/comments", response={200: AnsweredPage, **REFUSED}, summary="answered, all parks / 已答复意见")
def answered(request: HttpRequest, limit: shapes.Limit = 100, offset: shapes.Number = 0) -> Any:
    """Comments of the department that parks of your area have answered, the oldest first."""
    _above(request)
    return cut(waiting.answers(request.user), limit, offset, _answered)


def _above(request: HttpRequest) -> None:
    if not waiting.reviewed(request.user).exists():
        raise PermissionDenied


def _comment(standing: Standing, row: Comment) -> dict[str, Any]:
    fields = ("pack", "period", "clause", "text", "state", "role", "at")
    replies = [
        {"kind": r.kind, "text": r.text, "by": r.by.shown_name, "role": r.role, "at": r.at} for r in row.replies.all()
    ]
    return {name: getattr(row, name) for name in fields} | {
        "id": row.pk, "by": row.by.shown_name, "replies": replies, "may": list(work.possible(standing, row)),
    }  # fmt: skip


def _handed(standing: Standing | None, row: HandUp) -> dict[str, Any]:
    fields = ("pack", "period", "state", "why", "at")
    may = list(work.possible_steps(standing, row)) if standing is not None else []
    events = [
        {"kind": e.kind, "why": e.why, "by": e.by.shown_name, "at": e.at, "assessment": e.kept_id}
        for e in row.events.all()
    ]
    return {name: getattr(row, name) for name in fields} | {
        "id": row.pk, "park": row.park.slug, "by": row.by.shown_name, "assessment": row.kept_id,
        "verdict": row.kept.verdict, "may": may, "events": events,
    }  # fmt: skip


def _answered(row: Comment) -> dict[str, Any]:
    fields = ("pack", "period", "clause", "text", "at")
    return {name: getattr(row, name) for name in fields} | {
        "id": row.pk, "park": row.park.slug, "by": row.by.shown_name
    }  # fmt: skip
