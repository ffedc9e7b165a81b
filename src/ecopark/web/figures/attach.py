"""The one way a document becomes evidence, is moved, and is taken back: the file checked and kept, with who, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from ecopark.core.period import Period
from ecopark.core.text import Text
from ecopark.observations.quantity import catalogue
from ecopark.web.figures.models import Evidence
from ecopark.web.parks.models import Subject
from ecopark.web.typed import day_in
from ecopark.web.uploads import UploadError, keep
from ecopark.workflows.assess_park import known_reported


def attach(
    subject: Subject, about: str, file: Any, user: Any, *, period: str = "", page: str = "", dated: str = ""
) -> Evidence:
    """Keep a document as evidence.

    Parameters
    ----------
    about
        The quantity or clause it supports: its id, or the quantity's name.
    file
        Django's uploaded file.

    Raises
    ------
    UploadError
        `about` is neither quantity nor clause, the period or day is none, there is no file, or it cannot be taken: all that is
        wrong with what was typed is told together.
    """
    wanted, problems = _meant(about.strip()), []
    if wanted is None:
        zh, en = (
            f"“{about}”不是数据项或条款；请从列表中选择。",
            f"'{about}' is neither a quantity nor a clause: choose from the list.",
        )
        problems.append(
            Text(zh, en) if about.strip() else Text("请选择数据项或条款。", "Choose a quantity or a clause.")
        )
    try:
        period = str(Period.parse(period))
    except ValueError:
        zh, en = (
            f"“{period}”不是期间，请写作 2025、2025-Q2 或 2025-05。",
            f"'{period}' is no period: write 2025, 2025-Q2 or 2025-05.",
        )
        problems.append(Text(zh, en))
    if dated.strip() and day_in(dated) is None:
        zh, en = f"“{dated}”不是日期，请写作 2026-03-15。", f"'{dated}' is no day: write 2026-03-15."
        problems.append(Text(zh, en))
    if file is None:
        problems.append(Text("请选择文件。", "Choose a file."))
    if problems:
        raise UploadError(Text("".join(p.zh for p in problems), " ".join(p.en for p in problems)))
    stored = keep(file, f"evidence/{subject.park_id}")
    made = Evidence(
        park=subject.park, subject=subject, about=wanted or "", period=period, name=stored.name,
        stored=stored.key, media_type=stored.media_type, size=stored.size, digest=stored.digest, page=page[:40],
        dated=dated.strip(), by=user,
    )  # fmt: skip
    made._history_user = user
    made.save()
    return made


def _meant(about: str) -> str | None:
    """The id of the quantity or clause that somebody typed; a quantity may be called by its name, where one has it alone."""
    found = catalogue().named(about)
    if found is not None:
        return found.id
    return about if known_reported(about) is not None else None


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
