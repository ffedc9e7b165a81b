"""Sign clauses as verified, take signatures back, and hand them to the engines in the form they read.

Only a signature makes a clause verified. It holds for the edition of the pack that was checked: a changed pack has another hash
and its clauses are to be verified again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ecopark.core.text import RefusedError, Text
from ecopark.packs.model import Pack
from ecopark.packs.verify import verified_clauses
from ecopark.web.parks.models import Park
from ecopark.web.rules.models import TitleStep, Verification


class SignError(RefusedError):
    """The signature cannot be taken; `text` says why."""


@transaction.atomic
def sign(
    park: Park, pack: Pack, clauses: Iterable[str], user: Any, *, document: str, page: str = "", dated: date | None,
    note: str = "", today: date | None = None,
) -> list[Verification]:  # fmt: skip
    """Sign clauses as checked against a document.

    Parameters
    ----------
    clauses
        Tails of clauses.
    dated
        The day of the check.

    Raises
    ------
    SignError
        No clause, no document, no day or one to come, or a clause that does not exist; nothing is kept then.
    """
    tails = list(dict.fromkeys(clauses))
    if not tails:
        raise SignError(Text("请选择要核对的条款。", "Choose the clauses that were checked."))
    if not document.strip():
        raise SignError(Text("请写明核对所据的文件。", "Say against which document it was checked."))
    if dated is None or dated > (today or timezone.localdate()):
        raise SignError(Text("请填核对日期，且不晚于今天。", "Give the day of the check; it cannot lie ahead."))
    known = {c.tail for c in pack.clauses}
    wrong = [t for t in tails if t not in known]
    if wrong:
        raise SignError(
            Text(f"{pack.id} 没有条款 {'、'.join(wrong)}。", f"{pack.id} has no clause {', '.join(wrong)}.")
        )
    return [
        Verification.objects.create(
            park=park, pack=pack.id, clause=tail, by=user, document=document.strip()[:300], page=page.strip()[:60],
            dated=dated, note=note.strip()[:500], pack_hash=pack.hash,
        )
        for tail in tails
    ]  # fmt: skip


@transaction.atomic
def withdraw(signature: Verification, user: Any, why: str) -> None:
    """Take a signature back; it stays on file.

    Raises
    ------
    SignError
        No reason is given, or it was taken back already.
    """
    found = Verification.objects.select_for_update().get(pk=signature.pk)
    if not why.strip():
        raise SignError(Text("请写明撤回理由。", "Say why it is taken back."))
    if found.withdrawn is not None:
        raise SignError(Text("这条核对已撤回。", "It was taken back already."))
    found.withdrawn, found.withdrawn_by, found.withdrawn_why = timezone.now(), user, why.strip()[:300]
    found.save()


def entries(park: Park, on: datetime | None = None) -> list[dict[str, str]]:
    """The signatures that hold (or held at the moment `on`), as ``Facts.settings["verified"]`` has them; oldest first."""
    rows = Verification.objects.filter(park=park).select_related("by").order_by("pk")
    if on is None:
        rows = rows.filter(withdrawn__isnull=True)
    else:
        rows = rows.filter(at__lte=on).filter(Q(withdrawn__isnull=True) | Q(withdrawn__gt=on))
    return [row.entry() for row in rows]


def stamps(park: Park) -> dict[str, list[int]]:
    """By pack, what changes whenever a signature is made or taken back."""
    found: dict[str, list[int]] = {}
    rows = Verification.objects.filter(park=park, withdrawn__isnull=True).order_by("pk")
    for pack, pk in rows.values_list("pack", "pk"):
        found.setdefault(pack, []).append(pk)
    return found


def verified(park: Park, pack: Pack) -> dict[str, str]:
    """Tail of a clause -> who verified it, by the park's folder and by signatures on the site."""
    return verified_clauses(pack, [*park.settings.get("verified", ()), *entries(park)])


def title_entries(park: Park, on: datetime | None = None) -> list[dict[str, str]]:
    """The steps of the park's titles as ``Facts.settings["titles"]`` has them."""
    rows = TitleStep.objects.filter(park=park).order_by("dated", "pk")
    if on is None:
        rows = rows.filter(withdrawn__isnull=True)
    else:
        rows = rows.filter(at__lte=on).filter(Q(withdrawn__isnull=True) | Q(withdrawn__gt=on))
    return [row.entry() for row in rows]
