"""The one way a document becomes evidence, is moved, and is taken back: the file checked and kept, with who, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.models import Evidence
from ecopark.web.parks.models import Subject
from ecopark.web.uploads import UploadError, keep
from ecopark.workflows.assess_park import known_reported


def attach(
    subject: Subject, about: str, file: Any, user: Any, *, period: str = "", page: str = "", dated: str = ""
) -> Evidence:
    """Keep a document as evidence.

    Parameters
    ----------
    about
        Id of the quantity or clause it supports.
    file
        Django's uploaded file.

    Raises
    ------
    UploadError
        `about` is neither quantity nor clause, there is no file, or the file cannot be taken.
    """
    quantity = catalogue().find(about)
    if quantity is None and known_reported(about) is None:
        raise UploadError(Text(f"“{about}”不是数据项或条款编号。", f"'{about}' is neither a quantity nor a clause."))
    if file is None:
        raise UploadError(Text("请选择文件。", "Choose a file."))
    stored = keep(file, f"evidence/{subject.park_id}")
    made = Evidence(
        park=subject.park, subject=subject, about=quantity.id if quantity else about, period=period[:12], name=stored.name,
        stored=stored.key, media_type=stored.media_type, size=stored.size, digest=stored.digest, page=page[:40],
        dated=dated[:20], by=user,
    )  # fmt: skip
    made._history_user = user
    made.save()
    return made


def take_back(found: Evidence, user: Any, why: str) -> None:
    """Take a document back: it is no longer listed, and stays on file.

    Raises
    ------
    UploadError
        No reason is given, or somebody else was faster.
    """
    reason = why.strip()[:300]
    if not reason:
        raise UploadError(Text("请写明撤下理由。", "Say why it is taken back."))
    if not Evidence.objects.filter(pk=found.pk, withdrawn__isnull=True).exists():
        raise UploadError(Text("这份材料已撤下。", "It was taken back already."))
    found.withdrawn, found.withdrawn_by, found.withdrawn_why = timezone.now(), user, reason
    found._history_user, found._change_reason = user, reason
    found.save(update_fields=["withdrawn", "withdrawn_by", "withdrawn_why"])


def move(rows: Sequence[Evidence], subject: Subject, user: Any, reason: str) -> None:
    """Give documents to another entry of the registry, as a merge does."""
    for one in rows:
        one.subject = subject
    if rows:
        bulk_update_with_history(
            rows, Evidence, ["subject"], default_user=user, default_change_reason=reason[:300], batch_size=500
        )
