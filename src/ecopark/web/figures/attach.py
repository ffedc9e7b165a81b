"""The one way a document becomes evidence: for a quantity or clause of one subject, the file checked and kept."""

from __future__ import annotations

from typing import Any

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
    if about not in catalogue() and known_reported(about) is None:
        raise UploadError(Text(f"“{about}”不是数据项或条款编号。", f"'{about}' is neither a quantity nor a clause."))
    if file is None:
        raise UploadError(Text("请选择文件。", "Choose a file."))
    stored = keep(file, f"evidence/{subject.park_id}")
    return Evidence.objects.create(
        park=subject.park, subject=subject, about=about, period=period[:12], name=stored.name, stored=stored.key,
        media_type=stored.media_type, size=stored.size, digest=stored.digest, page=page[:40], dated=dated[:20], by=user,
    )  # fmt: skip
