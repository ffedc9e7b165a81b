"""The registry: adding and editing firms with history, doubles by credit code, and a merge that can be undone.

A merge moves everything of one entry to the other: figures with their history, evidence, who reports for it. A figure that
both have stays with the entry that is kept; the other one is set aside and no longer counts. The event remembers what was
moved, so that undoing it puts every row back where it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from ecopark.core.text import RefusedError, Text
from ecopark.errors import did_you_mean
from ecopark.grading.credit_code import read_code
from ecopark.web.figures.attach import move
from ecopark.web.figures.facts import forget
from ecopark.web.figures.models import Evidence, Figure
from ecopark.web.firms.models import FirmEvent
from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.models import Membership
from ecopark.web.typed import is_year

MERGED = "merged"
"""Kind of an entry that was merged into another: no list of firms has it."""
SET_ASIDE = "draft"
"""State of a figure of a merged entry that the kept one has too: it does not count."""
FIELDS = ("name", "credit_code", "parent", "since", "until", "industry_code", "parcel")
IN_ATTRIBUTES = ("industry_code", "parcel")
"""Fields that are kept among the attributes of the subject."""


class RegistryError(RefusedError):
    """The registry cannot be changed so."""


class ConflictError(RegistryError):
    """Somebody else changed the entry since it was shown."""


def fields_of(subject: Subject) -> dict[str, Any]:
    """What the form of a firm holds."""
    return {
        name: str(subject.attributes.get(name, "")) if name in IN_ATTRIBUTES else getattr(subject, name)
        for name in FIELDS
    }


@transaction.atomic
def add(park: Park, key: str, fields: dict[str, Any], user: Any, why: str = "") -> Subject:
    """Register a firm.

    Raises
    ------
    RegistryError
        The key is taken, or a field cannot be used.
    """
    Park.objects.select_for_update().get(pk=park.pk)
    if not key.strip() or park.subjects.filter(key=key.strip()).exists():
        raise RegistryError(Text(f"编号“{key}”为空或已有。", f"the id '{key}' is empty or taken."))
    made = Subject(park=park, key=key.strip()[:120], kind="firm")
    put(made, _checked(park, fields))
    made.save()
    FirmEvent.objects.create(park=park, subject=made, kind="added", by=user, why=why, data={"after": fields_of(made)})
    touch(park)
    return made


@transaction.atomic
def edit(subject: Subject, fields: dict[str, Any], user: Any, why: str, *, seen: dict[str, Any] | None = None) -> bool:
    """Change a registry entry; says whether anything differs.

    Raises
    ------
    RegistryError
        A field cannot be used, or no reason is given.
    ConflictError
        Somebody else changed it since `seen`.
    """
    locked = Subject.objects.select_for_update().get(pk=subject.pk)
    before = fields_of(locked)
    if seen is not None and seen != before:
        raise ConflictError(
            Text(
                "刚才别人改过这家企业，请核对后再存。", "Somebody else has just changed this firm: look and save again."
            )
        )
    put(locked, _checked(locked.park, fields))
    after = fields_of(locked)
    if after == before:
        return False
    if not why.strip():
        raise RegistryError(Text("请写明修改原因。", "Say why it is changed."))
    locked.save()
    changed = {k: (before[k], after[k]) for k in after if before[k] != after[k]}
    FirmEvent.objects.create(
        park=locked.park, subject=locked, kind="edited", by=user, why=why.strip()[:500],
        data={"before": {k: v[0] for k, v in changed.items()}, "after": {k: v[1] for k, v in changed.items()}},
    )  # fmt: skip
    touch(locked.park)
    return True


def doubles(park: Park, limit: int = 200) -> list[list[Subject]]:
    """Firms of the registry with one credit code, most entries first."""
    firms = park.subjects.filter(kind="firm").exclude(credit_code="")
    codes = firms.values("credit_code").annotate(n=Count("pk")).filter(n__gt=1).order_by("-n", "credit_code")[:limit]
    found: dict[str, list[Subject]] = {c["credit_code"]: [] for c in codes}
    for firm in firms.filter(credit_code__in=found).order_by("key"):
        found[firm.credit_code].append(firm)
    return list(found.values())


def clashes(kept: Subject, double: Subject) -> list[tuple[Figure, Figure]]:
    """Figures that both entries have with different values: the kept one's and the double's."""
    mine = {f.key: f for f in kept.figures.all()}
    pairs = [(mine[f.key], f) for f in double.figures.all() if f.key in mine]
    return [(a, b) for a, b in pairs if (a.given, a.unit) != (b.given, b.unit)]


@transaction.atomic
def merge(kept: Subject, double: Subject, user: Any, why: str) -> FirmEvent:
    """Move everything of `double` to `kept`.

    Raises
    ------
    RegistryError
        They are not two firms of one park with one credit code.
    """
    park = Park.objects.select_for_update().get(pk=kept.park_id)
    kept, double = (Subject.objects.select_for_update().get(pk=s.pk) for s in (kept, double))
    same = kept.pk != double.pk and kept.park_id == double.park_id and kept.kind == double.kind == "firm"
    if not same or not kept.credit_code or kept.credit_code != double.credit_code:
        raise RegistryError(
            Text("只能合并统一社会信用代码相同的两条企业登记。", "Only two firms with one credit code can be merged.")
        )
    mine = {f.key for f in kept.figures.all()}
    moving: list[Figure] = []
    aside: list[Figure] = []
    for figure in double.figures.all():
        (aside if figure.key in mine else moving).append(figure)
    states = {str(f.pk): f.state for f in aside}
    for figure in moving:
        figure.subject = kept
    for figure in aside:
        figure.state = SET_ASIDE
    _write(park, [*moving, *aside], user, f"并入 {kept.key} / merged into {kept.key}: {why}")
    documents = list(Evidence.objects.filter(subject=double))
    move(documents, kept, user, f"并入 {kept.key} / merged into {kept.key}: {why}")
    evidence = [e.pk for e in documents]
    people = []
    for m in Membership.objects.filter(park=park, role="firm", firm=double.key):
        if not Membership.objects.filter(park=park, role="firm", firm=kept.key, user=m.user).exists():
            m.firm = kept.key
            m._change_reason = f"merge {double.key}"
            m.save()
            people.append(m.pk)
    Subject.objects.filter(pk=double.pk).update(kind=MERGED)
    data = {
        "kept": kept.key, "double": double.key, "figures": [f.pk for f in moving], "aside": states, "evidence": evidence,
        "people": people,
    }  # fmt: skip
    FirmEvent.objects.create(park=park, subject=double, kind="merged", by=user, why=why, data={"kept": kept.key})
    event = FirmEvent.objects.create(park=park, subject=kept, kind="took", by=user, why=why, data=data)
    touch(park)
    return event


@transaction.atomic
def undo(event: FirmEvent, user: Any, why: str) -> None:
    """Put everything a merge moved back.

    Raises
    ------
    RegistryError
        It is no merge, or was undone before.
    """
    park = Park.objects.select_for_update().get(pk=event.park_id)
    event = FirmEvent.objects.select_for_update().get(pk=event.pk)
    if event.kind != "took" or event.undone is not None:
        raise RegistryError(Text("这次合并已撤销，或不是合并。", "It is no merge, or was undone before."))
    data = event.data
    kept, double = (Subject.objects.get(park=park, key=data[k]) for k in ("kept", "double"))
    moved = list(Figure.objects.filter(pk__in=data["figures"], subject=kept))
    aside = list(Figure.objects.filter(pk__in=list(data["aside"]), subject=double))
    for figure in moved:
        figure.subject = double
    for figure in aside:
        figure.state = data["aside"][str(figure.pk)]
    _write(park, [*moved, *aside], user, f"撤销合并 / merge undone: {why}")
    move(list(Evidence.objects.filter(pk__in=data["evidence"])), double, user, f"撤销合并 / merge undone: {why}")
    for m in Membership.objects.filter(pk__in=data["people"], firm=kept.key):
        m.firm = double.key
        m._change_reason = f"merge of {double.key} undone"
        m.save()
    Subject.objects.filter(pk=double.pk).update(kind="firm")
    event.undone = timezone.now()
    event.save(update_fields=["undone"])
    for subject in (kept, double):
        FirmEvent.objects.create(park=park, subject=subject, kind="undone", by=user, why=why, data={"event": event.pk})
    touch(park)


# -- inside ------------------------------------------------------------------------------------------------------------


def _write(park: Park, figures: list[Figure], user: Any, reason: str) -> None:
    seq = park.changed + 1
    for figure in figures:
        figure.version += 1
        figure.seq = seq
    fields = ["subject", "state", "version", "seq"]
    bulk_update_with_history(
        figures, Figure, fields, default_user=user, default_change_reason=reason[:300], batch_size=500
    )
    Park.objects.filter(pk=park.pk).update(changed=seq)


def touch(park: Park) -> None:
    """What rests on the subjects is worked out anew, in every process: the count is part of the park's settings."""
    with transaction.atomic():
        fresh = Park.objects.select_for_update().get(pk=park.pk)
        count = int(fresh.settings.get("registry_changes", 0)) + 1
        Park.objects.filter(pk=park.pk).update(settings=fresh.settings | {"registry_changes": count})
    transaction.on_commit(lambda: forget(fresh))


def _checked(park: Park, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are stored."""
    name = str(fields.get("name") or "").strip()
    if not name:
        raise RegistryError(Text("请填企业名称。", "Give the firm's name."))
    code, state = read_code(str(fields.get("credit_code") or ""))
    if state == "invalid":
        raise RegistryError(
            Text(
                f"统一社会信用代码“{code}”校验位不符，请核对营业执照。",
                f"the credit code '{code}' has a wrong check character.",
            )
        )
    parent = str(fields.get("parent") or park.key)
    if not park.subjects.filter(key=parent, kind__in=("park", "group")).exists():
        raise RegistryError(Text(f"没有组团“{parent}”。", f"there is no group '{parent}'."))
    years: dict[str, int | None] = {}
    for key in ("since", "until"):
        text = str(fields.get(key) or "").strip()
        if text and not (is_year(text) and 1900 <= int(text) <= 2200):
            raise RegistryError(Text(f"年份“{text}”不对。", f"'{text}' is no year."))
        years[key] = int(text) if text else None
    industry = str(fields.get("industry_code") or "").strip()[:8]
    parcel = parcels_in(str(fields.get("parcel") or ""))
    if unknown := unknown_parcels(park_parcels(park), parcel):
        raise RegistryError(unknown)
    return {
        "name": name[:200], "credit_code": code, "parent": parent, "industry_code": industry, "parcel": parcel, **years
    }  # fmt: skip


def parcels_in(text: str) -> str:
    """The ids of parcels as they are kept, with 、 between them.

    Examples
    --------
    >>> parcels_in(" V04, V05；V04 ")
    'V04、V05'
    """
    return "、".join(dict.fromkeys(part for part in re.split(r"[、，,;；\s]+", text) if part))[:200]


def park_parcels(park: Park) -> list[str]:
    """Ids of the parcels on the park's map."""
    stored = park.layers.filter(name="parcels").first()
    found = (f.get("properties") or {} for f in (stored.features if stored else {}).get("features", ()))
    return [str(p["id"]) for p in found if p.get("id")]


def unknown_parcels(known: Collection[str], given: str) -> Text | None:
    """What is wrong with parcels that are not on the map; a park without parcels on its map takes any."""
    missing = [p for p in given.split("、") if p and known and p not in known]
    if not missing:
        return None
    near_zh, near_en = (did_you_mean(missing[0], list(known), lang=k) for k in ("zh", "en"))
    return Text(
        f"地图上没有地块“{'、'.join(missing)}”。{near_zh}",
        f"there is no parcel '{', '.join(missing)}' on the map. {near_en}",
    )


def put(subject: Subject, fields: dict[str, Any]) -> None:
    """Write the fields of an entry into it; nothing is stored."""
    for name in ("name", "credit_code", "parent", "since", "until"):
        setattr(subject, name, fields[name])
    attributes = dict(subject.attributes)
    for name in (*IN_ATTRIBUTES, "credit_code"):
        attributes.pop(name, None)
        if fields[name]:
            attributes[name] = fields[name]
    subject.attributes = attributes
