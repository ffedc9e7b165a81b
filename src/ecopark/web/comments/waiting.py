"""What waits for whom among comments and what was handed up: counted for reminders, listed for the department."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.urls import reverse

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.packs.load import UnknownPackError, find_pack
from ecopark.web.comments.models import Comment, HandUp
from ecopark.web.people.access import Standing, parks_where

MOST = 6
"""So many returned assessments are told one by one."""
SHORT = 60


@dataclass(frozen=True)
class Waiting:
    """One thing that waits, as a reminder shows it."""

    tone: str
    kind: str
    text: Text
    url: str
    period: str = ""
    count: int = 1


def of_park(standing: Standing) -> list[Waiting]:
    """What waits for this person in one park: two short queries, and none for whoever may not comment."""
    if not standing.may("comment"):
        return []
    slug, found = standing.park.slug, []
    rows = HandUp.objects.filter(park=standing.park, state__in=("handed", "returned"))
    handed = [(row.state, row.pack, row.period, row.why) for row in rows]
    if standing.may("hand_up"):
        for _, pack, period, why in [row for row in handed if row[0] == "returned"][:MOST]:
            label, said = pack_label(pack), why if len(why) <= SHORT else f"{why[:SHORT]}…"
            text = Text(
                f"{label.zh} {period} 被上级部门退回：{said}",
                f"{label.en} {period} was returned by the department: {said}",
            )
            url = reverse("assess-pack", args=[slug, pack, period])
            found.append(Waiting("bad", "sent_back", text, url, period))
    arrived = sum(row[0] == "handed" for row in handed)
    if arrived and standing.may("return_assessment"):
        found.append(_to_review(arrived, f"{reverse('comments', args=[slug])}#handed"))
    return found + _comments(standing)


def _comments(standing: Standing) -> list[Waiting]:
    rows = Comment.objects.filter(park=standing.park).exclude(state="resolved").order_by()
    counts: Counter[str] = Counter()
    for state, role, n in rows.values_list("state", "role").annotate(n=Count("pk")):
        if state == "open" and standing.may("hand_up"):
            counts["open"] += n
        elif state == "answered" and role in standing.roles:
            counts["answered"] += n
    url, found = reverse("comments", args=[standing.park.slug]), []
    if n := counts["open"]:
        text = Text(f"{n} 条意见待答复", counted(n, "comment waits for an answer", "comments wait for an answer"))
        found.append(Waiting("partly", "comments", text, f"{url}?{urlencode({'state': 'open'})}", count=n))
    if n := counts["answered"]:
        found.append(_answered(n, f"{url}?{urlencode({'state': 'answered'})}"))
    return found


def over_parks(user: Any) -> list[Waiting]:
    """The same for the department above, over all parks of its area."""
    if not (user.is_superuser or user.memberships.filter(role="reviewer").exists()):
        return []
    handed, answered = arrived(user).count(), answers(user).count()
    url, found = reverse("waiting"), []
    if handed:
        found.append(_to_review(handed, url))
    if answered:
        found.append(_answered(answered, f"{url}#answered"))
    return found


def arrived(user: Any) -> QuerySet[HandUp]:
    """What parks of the person's area have handed up and what waits for the department; the oldest first."""
    rows = HandUp.objects.filter(park__in=reviewed(user), state="handed").select_related("park", "by", "kept")
    return rows.defer("kept__body", "kept__traces").order_by("at", "pk")


def answers(user: Any) -> QuerySet[Comment]:
    """Comments of the department that a park has answered, over the person's area; the oldest first."""
    rows = Comment.objects.filter(park__in=reviewed(user), state="answered", role="reviewer")
    return rows.select_related("park", "by").order_by("at", "pk")


def reviewed(user: Any) -> QuerySet[Any]:
    """The parks of which this person is the department above."""
    return parks_where(user, "return_assessment").order_by().values("pk")


def pack_label(pack: str) -> Text:
    """What a standard is called; its id, if this version of the program no longer has it."""
    try:
        return find_pack(pack).title
    except UnknownPackError:
        return Text(pack, pack)


def _to_review(n: int, url: str) -> Waiting:
    text = Text(
        f"{n} 份评价已报送，待审阅",
        counted(n, "assessment was handed up and waits for you", "assessments were handed up and wait for you"),
    )
    return Waiting("open", "to_review", text, url, count=n)


def _answered(n: int, url: str) -> Waiting:
    text = Text(
        f"{n} 条意见已有答复，待确认",
        counted(
            n, "comment was answered: resolve it or answer back", "comments were answered: resolve them or answer back"
        ),
    )
    return Waiting("open", "answered", text, url, count=n)
