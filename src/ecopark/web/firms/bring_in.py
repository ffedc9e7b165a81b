"""A table of firms on its way into the registry: sent, held against it, decided of, stored all or none.

Reading and storing long tables is the worker's; both can be cancelled. What is stored is what was
seen: if the registry has moved since, nothing is stored and the table has to be looked at again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from ecopark.core.text import Text
from ecopark.core.words import counted
from ecopark.errors import InputError
from ecopark.web.firms import registry, tables
from ecopark.web.firms.compare import Heard, Registry, compare, new_key, registry_of, usable
from ecopark.web.firms.models import LINES, FirmEvent, RegistryLine, RegistryTable
from ecopark.web.firms.registry import ConflictError, RegistryError
from ecopark.web.firms.tables import Row
from ecopark.web.jobs import work
from ecopark.web.jobs.models import Job
from ecopark.web.jobs.size import long_to_read
from ecopark.web.parks.models import Park, Subject
from ecopark.web.uploads import Stored, stored_path

TICKED = ("new", "changed")
"""Groups that are taken over as a whole; of conflicting rows only those are that somebody decided of."""
MANY_ROWS = 1_500
"""More rows than this are stored in the background."""
BATCH = 500


def receive(park: Park, stored: Stored, user: Any) -> tuple[RegistryTable, Job | None]:
    """Keep a table and hold it against the registry: at once, or in the background.

    Returns
    -------
    table, job
        The job that reads it; None where it was read at once.
    """
    made = RegistryTable.objects.create(park=park, name=stored.name, stored=stored.key, by=user)
    return made, again(made, user)


def again(found: RegistryTable, user: Any) -> Job | None:
    """Hold a table against the registry (anew): the job that does it, or None where it is done."""
    if long_to_read(found.park, stored_path(found.stored)):
        title = Text(f"读取企业名册 {found.name}", f"reading the registry table {found.name}")
        return work.ask("firms-read", title, user, found.park, table=found.pk)
    read(found)
    return None


def read(found: RegistryTable, heard: Heard = lambda done, total: None) -> None:
    """Read a table and keep its rows beside the registry; why it cannot be read is kept with it."""
    try:
        table, header = tables.open_table(found)
        titles = tables.titles_of(table, header)
        columns = tables.guess(list(titles), found.columns or _last_columns(found.park))
        found.sheet, found.columns, found.samples, found.problems = table.sheet[:120], columns, titles, []
        lines = compare(registry_of(found.park), tables.rows_of(table, header, columns), heard)
    except InputError as error:
        found.problems = [{k: p.message(k) for k in ("zh", "en")} for p in error.problems if p.severity == "error"]
        lines = []
    with transaction.atomic():
        found.lines.all().delete()
        for line in lines:
            line.table = found
        RegistryLine.objects.bulk_create(lines, batch_size=BATCH)
        found.read = timezone.now()
        found.save(update_fields=["sheet", "columns", "samples", "problems", "read"])


def _last_columns(park: Park) -> dict[str, str]:
    """What the columns of the last table that was stored were."""
    last = RegistryTable.objects.filter(park=park, applied__isnull=False).order_by("-applied").first()
    return dict(last.columns) if last else {}


def say_columns(found: RegistryTable, titles: Sequence[str], fields: Sequence[str], user: Any) -> Job | None:
    """Say what the columns of a table are, and hold it against the registry anew.

    Raises
    ------
    RegistryError
        It was stored already, a field is unknown or was given twice, or none says whose row it is.
    """
    if found.applied:
        raise RegistryError(STORED)
    said = {str(t)[: tables.LONGEST]: f for t, f in zip(titles, fields, strict=False) if str(t) in found.samples}
    taken = [f for f in said.values() if f]
    unknown = sorted(set(taken) - set(tables.COLUMNS))
    twice = [tables.COLUMNS[f][0] for f in dict.fromkeys(taken) if f in tables.COLUMNS and taken.count(f) > 1]
    if unknown:
        raise RegistryError(Text(f"没有字段“{unknown[0]}”。", f"there is no field '{unknown[0]}'."))
    if twice:
        zh, en = "、".join(t.zh for t in twice), ", ".join(t.en for t in twice)
        raise RegistryError(Text(f"有多列都作为：{zh}。请各留一列。", f"several columns are: {en}. Keep one of each."))
    if not set(tables.KEYS) & set(taken):
        raise RegistryError(
            Text(
                "请指定企业名称、信用代码或编号是哪一列。",
                "Say which column has the firms' names, credit codes or ids.",
            )
        )
    found.columns = dict.fromkeys(found.samples, "") | said
    found.save(update_fields=["columns"])
    return again(found, user)


def counts(found: RegistryTable) -> dict[str, int]:
    """How many rows each group has."""
    rows = found.lines.order_by().values_list("group").annotate(Count("pk"))
    return dict.fromkeys(LINES, 0) | dict(rows)


def decide(found: RegistryTable, numbers: Collection[int], choice: str) -> int:
    """Decide of conflicting rows: ``new``, ``update``, or empty to leave them out; says how many rows took it.

    Raises
    ------
    RegistryError
        The table was stored, or a row does not offer that.
    """
    with transaction.atomic():
        if RegistryTable.objects.select_for_update().get(pk=found.pk).applied:
            raise RegistryError(STORED)
        lines = list(found.lines.filter(number__in=list(numbers), group="conflicting"))
        unfit = [line for line in lines if choice and choice not in line.may]
        if unfit or len(lines) < len(set(numbers)):
            places = [line.place for line in unfit[:5]]
            raise RegistryError(
                Text(f"这些行不能这样处理：{'、'.join(places)}", f"these rows do not offer that: {', '.join(places)}")
            )
        return found.lines.filter(pk__in=[line.pk for line in lines]).update(choice=choice)


def asked(found: RegistryTable, groups: Collection[str]) -> int:
    """How many rows would be stored."""
    ticked = [g for g in TICKED if g in groups]
    return (
        found.lines.filter(group__in=ticked).count()
        + found.lines.filter(group="conflicting").exclude(choice="").count()
    )


def store(found: RegistryTable, user: Any, groups: Collection[str], why: str) -> tuple[dict[str, int], Job | None]:
    """Put the rows of these groups, and the conflicting ones that were decided of, into the registry: at once, or by a job.

    Raises
    ------
    RegistryError
        No reason, no rows, not read yet or stored already.
    ConflictError
        The registry has changed since the table was held against it.
    """
    if found.applied:
        raise RegistryError(STORED)
    if found.read is None or found.problems:
        raise RegistryError(Text("这份表还没有读好。", "The table has not been read yet."))
    if not why.strip():
        raise RegistryError(Text("请写明导入原因或依据。", "Say why they are brought in, or by which document."))
    rows = asked(found, groups)
    if not rows:
        raise RegistryError(Text("没有要保存的行。", "There is no row to be stored."))
    if rows > MANY_ROWS:
        title = Text(f"导入企业名册 {found.name}", f"storing the registry table {found.name}")
        job = work.ask("firms-store", title, user, found.park, table=found.pk, groups=list(groups), why=why)
        return {}, job
    return apply(found, user, groups, why), None


def apply(found: RegistryTable, user: Any, groups: Collection[str], why: str) -> dict[str, int]:
    """Write the rows, all or none, each with an event that says who, when, why, before and after.

    Raises
    ------
    ConflictError
        The registry has changed since the table was held against it.
    """
    with transaction.atomic():
        park = Park.objects.select_for_update().get(pk=found.park_id)
        locked = RegistryTable.objects.select_for_update().get(pk=found.pk)
        if locked.applied:  # by a worker that died before it could say so
            found.applied, found.written = locked.applied, locked.written
            return dict(locked.written)
        lines = list(found.lines.all())
        known = registry_of(park)
        _still(known, lines)
        taken = [
            x for x in lines if (x.group in groups and x.group in TICKED) or (x.group == "conflicting" and x.choice)
        ]
        written = _write(park, known, found, taken, user, why.strip()[:300])
        found.applied, found.written, found.why, found.by = timezone.now(), written, why.strip()[:300], user
        found.save(update_fields=["applied", "written", "why", "by"])
        registry.touch(park)
    return written


def _still(known: Registry, lines: list[RegistryLine]) -> None:
    """Refuse a table that would now be sorted otherwise than it was shown."""
    now = compare(known, [Row(x.number, x.place, x.given) for x in lines if x.group != "unusable"])
    shown = [x for x in lines if x.group != "unusable"]
    moved = [a for a, b in zip(shown, now, strict=True) if (a.group, a.key, a.before) != (b.group, b.key, b.before)]
    if moved:
        places, places_en = (sep.join(a.place for a in moved[:5]) for sep in ("、", ", "))
        raise ConflictError(
            Text(
                f"预览之后名册有变（{len(moved)} 行，如 {places}），未保存任何一行。请重新核对后再存。",
                f"the registry has changed since the preview ({counted(len(moved), 'row')}, such as {places_en}); "
                "nothing was stored. Hold the table against it again.",
            )
        )


def _write(
    park: Park, known: Registry, found: RegistryTable, lines: list[RegistryLine], user: Any, why: str
) -> dict[str, int]:
    now = timezone.now()
    made: list[Subject] = []
    changed: list[Subject] = []
    events: list[FirmEvent] = []
    of_changed = any("new" not in (x.group, x.choice) for x in lines)
    there = {s.key: s for s in park.subjects.filter(kind="firm")} if of_changed else {}
    for line in lines:
        source = {"table": found.pk, "place": line.place}
        if line.group == "new" or line.choice == "new":
            fields, _ = usable(known, line.given)
            key = new_key(line.given, fields)
            if key in known.firms or key in known.others:
                raise ConflictError(
                    Text(
                        f"{line.place}：编号“{key}”已有，请在表中另给编号。", f"{line.place}: the id '{key}' is taken."
                    )
                )
            whole = {k: "" for k in registry.FIELDS} | {"parent": park.key, "since": None, "until": None} | fields
            subject = Subject(park=park, key=key, kind="firm")
            registry.put(subject, whole)
            made.append(subject)
            events.append(
                FirmEvent(
                    park=park, subject=subject, kind="added", by=user, at=now, why=why, data={"after": whole} | source
                )
            )
        else:
            subject = there[line.key]
            registry.put(subject, registry.fields_of(subject) | line.after)
            changed.append(subject)
            data = {"before": line.before, "after": line.after} | source
            events.append(FirmEvent(park=park, subject=subject, kind="edited", by=user, at=now, why=why, data=data))
    Subject.objects.bulk_create(made, batch_size=BATCH)
    Subject.objects.bulk_update(
        changed, ["name", "credit_code", "parent", "since", "until", "attributes"], batch_size=BATCH
    )
    FirmEvent.objects.bulk_create(events, batch_size=BATCH)
    return {"added": len(made), "edited": len(changed)}


@work.kind("firms-read")
def _read(job: Job, step: work.Step) -> dict[str, Any]:
    found = RegistryTable.objects.get(pk=job.arguments["table"])
    step(0, 0)
    read(found, step)
    return {"url": reverse("firms-table", args=[found.park.slug, found.pk])}


@work.kind("firms-store")
def _store(job: Job, step: work.Step) -> dict[str, Any]:
    found = RegistryTable.objects.get(pk=job.arguments["table"])
    step(0, 0)
    with transaction.atomic():
        written = apply(found, job.by, job.arguments["groups"], job.arguments["why"])
        work.heard(job)  # cancelled while the rows were written: none of them is kept
    return written | {"url": reverse("firms-table", args=[found.park.slug, found.pk])}


STORED = Text("这份表已导入过。", "This table was brought in already.")
