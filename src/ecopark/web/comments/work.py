"""Say something about an assessment and answer it; hand an assessment up, return it with a reason, accept it.

What may follow on what stands in `REPLIES` and `STEPS`; who may do it is asked of `people.access` by the views.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from ecopark.core.text import RefusedError, Text
from ecopark.packs.model import Pack
from ecopark.web.assess.models import Kept
from ecopark.web.comments.models import HANDED, LONGEST, SAID, Comment, HandUp, HandUpEvent, Reply
from ecopark.web.parks.models import Park
from ecopark.web.people.access import Standing

REPLIES = {"open": ("answer", "resolved"), "answered": ("answer", "resolved"), "resolved": ("reopened",)}
STEPS = {"handed": ("accepted", "returned"), "returned": ("handed",), "accepted": ("returned",)}
NEEDS = {"handed": "hand_up", "returned": "return_assessment", "accepted": "return_assessment"}
"""What a person must be able to do to take a step."""
AS = ("reviewer", "office", "consultant")
"""As what somebody with several roles speaks: the first of these."""


class CommentError(RefusedError):
    """It cannot be done; `text` says why."""


def role_of(standing: Standing) -> str:
    """As what this person speaks in the park; an administrator as the office."""
    return next((role for role in AS if role in standing.roles), "office")


def may_resolve(standing: Standing, comment: Comment) -> bool:
    """Whoever said it, and whoever has the same role in the park: the department's comment is closed by the department."""
    own = comment.by_id == standing.user.pk
    return standing.may("comment") and (own or "admin" in standing.roles or comment.role in standing.roles)


def possible(standing: Standing, comment: Comment) -> tuple[str, ...]:
    """What this person may reply to a comment as it stands."""
    if not standing.may("comment"):
        return ()
    return tuple(kind for kind in REPLIES[comment.state] if kind != "resolved" or may_resolve(standing, comment))


def possible_steps(standing: Standing, row: HandUp) -> tuple[str, ...]:
    """The steps this person may take with what was handed up as it stands."""
    return tuple(kind for kind in STEPS[row.state] if standing.may(NEEDS[kind]))


def say(standing: Standing, pack: Pack, period: str, clause: str, text: str) -> Comment:
    """Comment on an assessment, or on one clause of it.

    Raises
    ------
    CommentError
        Nothing is said, or too much, or there is no such clause.
    """
    said = _said(text, needed=Text("请写下意见。", "Write your comment first."))
    if clause and clause not in {c.tail for c in pack.clauses}:
        raise CommentError(Text(f"{pack.id} 没有条款 {clause}。", f"{pack.id} has no clause {clause}."))
    return Comment.objects.create(
        park=standing.park,
        pack=pack.id,
        period=period,
        clause=clause,
        text=said,
        role=role_of(standing),
        by=standing.user,
    )


@transaction.atomic
def reply(comment: Comment, kind: str, text: str, standing: Standing) -> Reply:
    """Answer a comment, resolve it, or raise it again.

    Raises
    ------
    CommentError
        It stands otherwise meanwhile, it is not for this person to resolve, or nothing is said.
    """
    known = Comment.objects.select_for_update().get(pk=comment.pk)
    if kind not in SAID:
        raise CommentError(Text(f"没有这一步：{kind}。", f"There is no step '{kind}': use {', '.join(SAID)}."))
    if kind not in REPLIES[known.state]:
        raise CommentError(
            Text("这条意见的状态已变，请刷新后再操作。", "This comment has moved on meanwhile. Load the page again.")
        )
    if kind == "resolved" and not may_resolve(standing, known):
        raise CommentError(
            Text(
                f"这是{known.role_text.zh}的意见，请答复后由对方标为已解决。",
                f"It was said as {known.role_text.en}: answer it, and let them mark it as resolved.",
            )
        )
    needed = None if kind == "resolved" else Text("请写下内容。", "Write your comment first.")
    role = role_of(standing)
    made = Reply.objects.create(comment=known, kind=kind, text=_said(text, needed), role=role, by=standing.user)
    answered = kind == "answer" and role == "office"
    known.state = "resolved" if kind == "resolved" else "answered" if answered else "open"
    known.save(update_fields=["state"])
    comment.refresh_from_db()
    return made


@transaction.atomic
def hand_up(park: Park, kept: Kept, why: str, user: Any, seen: int | None = None) -> HandUp:
    """Hand an assessment up to the department above, for the first time or after it was returned.

    Parameters
    ----------
    kept
        The answer that holds now.
    seen
        The answer the person had before them, if they say so.

    Raises
    ------
    CommentError
        Figures have changed since it was looked at; it is with the department already, or accepted.
    """
    if seen is not None and seen != kept.pk:
        raise CommentError(
            Text(
                "您打开页面之后数据有变，评价已不同。请核对后再报送。",
                "Figures have changed since you opened the page, and the assessment with them. Look again, then hand it up.",
            )
        )
    Park.objects.select_for_update().get(pk=park.pk)  # two at once would both find none
    found = HandUp.objects.filter(park=park, pack=kept.pack, period=kept.period).first()
    if found is not None and "handed" not in STEPS[found.state]:
        raise CommentError(
            Text(
                f"本年度评价{HANDED[found.state].zh}，退回之后才能再报送。",
                f"This assessment is {HANDED[found.state].en}: it can be handed up again once it was returned.",
            )
        )
    made = found or HandUp(park=park, pack=kept.pack, period=kept.period)
    made.kept = kept
    return _step(made, "handed", _said(why), user)


@transaction.atomic
def take(row: HandUp, kind: str, why: str, user: Any) -> HandUp:
    """The department returns it with a reason, or accepts it.

    Raises
    ------
    CommentError
        It stands otherwise meanwhile, or it is returned without a reason.
    """
    known = HandUp.objects.select_for_update().get(pk=row.pk)
    if kind not in ("returned", "accepted") or kind not in STEPS[known.state]:
        raise CommentError(
            Text("这份报送的状态已变，请刷新后再操作。", "It has moved on meanwhile. Load the page again.")
        )
    needed = Text("退回须写明理由。", "Say why it is returned.") if kind == "returned" else None
    return _step(known, kind, _said(why, needed), user)


def _step(row: HandUp, kind: str, why: str, user: Any) -> HandUp:
    row.state, row.why, row.by, row.at = kind, why, user, timezone.now()
    row.save()
    HandUpEvent.objects.create(hand_up=row, kind=kind, kept=row.kept, why=why, by=user, at=row.at)
    return row


def _said(text: str, needed: Text | None = None) -> str:
    said = text.strip()
    if needed is not None and not said:
        raise CommentError(needed)
    if len(said) > LONGEST:
        raise CommentError(
            Text(f"最多 {LONGEST} 字，现有 {len(said)} 字。", f"At most {LONGEST} characters; there are {len(said)}.")
        )
    return said
