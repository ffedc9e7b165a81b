"""The life of a title: applied for, created, accepted, named, re-checked; and what is due when.

What a park has behind it are dated facts (`[[title]]` in park.toml: id, step, date); the clocks are data
(`standards/data/title_lifecycle.yaml`). A clock that no source names is said to be unknown, never guessed. The day on which
one looks is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ecopark.core.text import Text

STEPS = ("apply", "create", "accept", "name", "recheck")
STEP_TEXT = {
    "apply": Text("申报", "application"),
    "create": Text("创建", "creation"),
    "accept": Text("验收", "acceptance"),
    "name": Text("命名", "naming"),
    "recheck": Text("复核", "re-check"),
}
_OTHER_WORDS = {"named": "name", "accepted": "accept", "applied": "apply", "created": "create", "rechecked": "recheck"}
LIGHT_TEXT = {
    "overdue": Text("已逾期", "overdue"),
    "due_soon": Text("一年内到期", "due within a year"),
    "ahead": Text("未到期", "ahead"),
    "unknown": Text("期限未知", "no date known"),
    "unread": Text("无法识别", "cannot be read"),
}
SOON_DAYS = 366


@dataclass(frozen=True, slots=True)
class Clock:
    """A number of whole years that a source names, and what it counts."""

    id: str
    years: int
    text: Text
    basis: str = "recalled"


@dataclass(frozen=True)
class Title:
    """A title that a park may hold, and how it is won and kept.

    Parameters
    ----------
    packs, assessed_with
        Packs that belong to it, and the one it is assessed with today.
    steps
        The steps a source names, in order.
    clocks
        By id: ``creation_years``, ``recheck_years``, ``new_standard_applies_after_years`` ...
    consequences, open
        What happens where a step is missed; what no source says.
    """

    id: str
    label: Text
    packs: tuple[str, ...]
    assessed_with: str
    issuer: Text
    steps: tuple[str, ...]
    clocks: Mapping[str, Clock]
    creation_period: Text = Text()
    consequences: tuple[Text, ...] = ()
    open: tuple[Text, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that is due for a title, or would be if anybody knew when.

    Parameters
    ----------
    title, step
        Id of the title and the step that is due; the step is empty where a whole entry cannot be read.
    since
        The dated fact it is counted from.
    due
        The day; None where no clock is known.
    light
        ``overdue``, ``due_soon`` (within a year), ``ahead``, ``unknown`` or ``unread``.
    text
        The reminder in both languages.
    basis
        How the clock is known: ``seen``, ``inferred``, ``given`` (typed by the park), or empty where there is none.
    """

    title: str
    label: Text
    step: str
    since: date | None
    due: date | None
    light: str
    text: Text
    basis: str = ""
    sources: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "label": {"zh": self.label.zh, "en": self.label.en},
            "step": self.step,
            "since": self.since.isoformat() if self.since else None,
            "due": self.due.isoformat() if self.due else None,
            "light": self.light,
            "text": {"zh": self.text.zh, "en": self.text.en},
            "basis": self.basis,
            "sources": list(self.sources),
        }


@dataclass(frozen=True, slots=True)
class State:
    """Where a park stands with a title on a day.

    Parameters
    ----------
    step, since
        The last thing that happened, and when; empty and None where all is planned yet.
    due
        What follows, first what is due first.
    """

    title: str
    label: Text
    step: str
    since: date | None
    due: tuple[Reminder, ...]

    @property
    def text(self) -> Text:
        """The state in both languages."""
        if self.since is None:
            return Text("计划中", "planned")
        done = STEP_TEXT[self.step]
        return Text(f"{self.since} 已{done.zh}", f"{done.en} on {self.since}")


# -- the data ----------------------------------------------------------------------------------------------------------


@cache
def load_titles() -> dict[str, Title]:
    """The titles whose life is known, by id."""
    path = files("ecopark.standards") / "data" / "title_lifecycle.yaml"
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {entry["id"]: _title(entry) for entry in data["titles"]}


def _title(entry: Mapping[str, Any]) -> Title:
    clocks = {
        key: Clock(key, int(node["value"]), _text(node), node.get("basis", "recalled"))
        for key, node in (entry.get("clocks") or {}).items()
    }
    return Title(
        id=entry["id"],
        label=_text(entry["title"]),
        packs=tuple(entry.get("packs", ())),
        assessed_with=entry.get("assessed_with", ""),
        issuer=_text(entry.get("issuer")),
        steps=tuple(entry.get("steps", ())),
        clocks=clocks,
        creation_period=_text(entry.get("creation_period")),
        consequences=tuple(_text(node) for node in entry.get("consequences") or ()),
        open=tuple(_text(node) for node in entry.get("open") or ()),
        sources=tuple(entry.get("sources", ())),
    )


def _text(node: Any) -> Text:
    return Text(str(node.get("zh", "")), str(node.get("en", ""))) if isinstance(node, Mapping) else Text()


# -- reminders ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Event:
    step: str
    day: date
    until: date | None


def reminders(entries: Iterable[Mapping[str, Any]] | None, on: date) -> list[Reminder]:
    """What is due for the titles of a park, seen from the day `on`; what is due first stands first.

    Parameters
    ----------
    entries
        The park's dated facts, ``{"id": "eco_industrial_park", "step": "name", "date": "2022-05-01"}``; `date` may be a
        year or a month; ``until`` gives the end of a period that the park has set itself. `id` may also be a pack's.
    on
        The day on which one looks. What is dated later is a plan and starts no clock.
    """
    found, unread = _read(entries, on)
    rows = [*unread, *(r for state in found for r in state.due)]
    return sorted(rows, key=lambda r: (r.light == "unread", r.due is None, r.due or on, r.title, r.step))


def states(entries: Iterable[Mapping[str, Any]] | None, on: date) -> list[State]:
    """Every title a park holds, works for or plans, with its last step and what follows; `entries` as for `reminders`."""
    return _read(entries, on)[0]


def _read(entries: Iterable[Mapping[str, Any]] | None, on: date) -> tuple[list[State], list[Reminder]]:
    """The titles of the entries, and the entries that cannot be read."""
    known = load_titles()
    unread: list[Reminder] = []
    events: dict[str, list[_Event]] = {}
    for entry in entries or ():
        title = _find(entry, known)
        step = str(entry.get("step") or "") if isinstance(entry, Mapping) else ""
        step = _OTHER_WORDS.get(step, step)
        day = _day(entry.get("date")) if isinstance(entry, Mapping) else None
        if title is None or step not in STEPS or day is None:
            unread.append(_unread(entry, known))
            continue
        events.setdefault(title.id, []).append(_Event(step, day, _day(entry.get("until") or entry.get("due"))))
    found = []
    for name, rows in events.items():
        past = sorted((e for e in rows if e.day <= on), key=lambda e: (e.day, STEPS.index(e.step)))
        planned = sorted((e for e in rows if e.day > on), key=lambda e: e.day)
        due = sorted(_next(known[name], past, planned, on), key=lambda r: (r.due is None, r.due or on, r.step))
        step, since = (past[-1].step, past[-1].day) if past else ("", None)
        found.append(State(name, known[name].label, step, since, tuple(due)))
    return found, unread


def _find(entry: Any, known: Mapping[str, Title]) -> Title | None:
    name = str(entry.get("id") or "") if isinstance(entry, Mapping) else ""
    return known.get(name) or next((t for t in known.values() if name and name in t.packs), None)


def _day(value: Any) -> date | None:
    """A date, its text, or the first day of a year or month."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value or "").strip()
    try:
        return date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError:
        return None


def _unread(entry: Any, known: Mapping[str, Title]) -> Reminder:
    shown = ", ".join(f"{k} = {v}" for k, v in entry.items()) if isinstance(entry, Mapping) else str(entry)
    text = Text(
        f"称号记录无法识别（{shown}）：id 应为 {'、'.join(known)}，step 应为 {'、'.join(STEPS)}，date 如 2024-05-01",
        f"this entry cannot be read ({shown}): id is one of {', '.join(known)}, step one of {', '.join(STEPS)}, "
        "date such as 2024-05-01",
    )
    return Reminder("", Text(), "", None, None, "unread", text)


def _next(title: Title, past: Sequence[_Event], planned: Sequence[_Event], on: date) -> list[Reminder]:
    """What follows the last thing that happened; and what a new standard brings to those already named."""
    found = []
    if past:
        last = past[-1]
        found.append(_after(title, last, planned, on))
        held = next((e for e in past if e.step == "name"), None)
        if held is not None and "new_standard_applies_after_years" in title.clocks:
            found.append(_new_standard(title, title.clocks["new_standard_applies_after_years"], held))
    for event in planned:
        done, what = STEP_TEXT[event.step], title.label
        text = Text(f"{what.zh}：计划于 {event.day} {done.zh}", f"{what.en}: {done.en} planned for {event.day}")
        found.append(_made(title, event.step, None, event.day, on, text, "given"))
    return found


def _after(title: Title, last: _Event, planned: Sequence[_Event], on: date) -> Reminder:
    step = _following(title, last.step)
    label, done = title.label, STEP_TEXT[last.step]
    if step is None:
        text = Text(
            f"{label.zh}：{last.day} 已{done.zh}，此后的规定未见" + _listed(title.open, "zh"),
            f"{label.en}: {done.en} on {last.day}; no rule for what follows was seen" + _listed(title.open, "en"),
        )
        return _made(title, "", last.day, None, on, text, "")
    clock = title.clocks.get(
        "recheck_years" if step == "recheck" else "creation_years" if last.step == "create" else ""
    )
    due, basis, why = last.until, "given", Text("园区自定", "set by the park")
    if due is None and clock is not None:
        due, basis, why = _later(last.day, clock.years), clock.basis, clock.text
    what = STEP_TEXT[step]
    head = Text(f"{label.zh}：{last.day} {done.zh}后", f"{label.en}: after {done.en} on {last.day}: ")
    if due is None:
        reason = title.creation_period if last.step == "create" and title.creation_period else _nothing(title)
        text = Text(
            f"{head.zh}{what.zh}，期限未知（{reason.zh}）", f"{head.en}{what.en}; when is not known ({reason.en})"
        )
        return _made(title, step, last.day, None, on, text, "")
    threat = title.consequences if step in ("recheck", "accept") else ()
    text = Text(
        f"{head.zh}应于 {due} 前{what.zh}（{why.zh}）" + _listed(threat, "zh"),
        f"{head.en}{what.en} is due by {due} ({why.en})" + _listed(threat, "en"),
    )
    return _made(title, step, last.day, due, on, text, basis)


def _following(title: Title, step: str) -> str | None:
    """The step that a source names after `step`; a re-check follows a re-check."""
    if step == "recheck":
        return "recheck" if "recheck" in title.steps else None
    later = [s for s in title.steps if STEPS.index(s) > STEPS.index(step)]
    return later[0] if later else None


def _new_standard(title: Title, clock: Clock, held: _Event) -> Reminder:
    reason = title.open[0] if title.open else _nothing(title)
    text = Text(f"{title.label.zh}：{clock.text.zh}；{reason.zh}", f"{title.label.en}: {clock.text.en}; {reason.en}")
    return Reminder(title.id, title.label, "recheck", held.day, None, "unknown", text, clock.basis, title.sources)


def _nothing(title: Title) -> Text:
    return Text("未见规定年限", "no source names a number of years")


def _listed(texts: Sequence[Text], lang: str) -> str:
    if not texts:
        return ""
    return "；" + "；".join(t.zh for t in texts) if lang == "zh" else "; " + "; ".join(t.en for t in texts)


def _made(title: Title, step: str, since: date | None, due: date | None, on: date, text: Text, basis: str) -> Reminder:
    if due is None:
        light = "unknown"
    elif due < on:
        light = "overdue"
    else:
        light = "due_soon" if (due - on).days < SOON_DAYS else "ahead"
    return Reminder(title.id, title.label, step, since, due, light, text, basis, title.sources)


def _later(day: date, years: int) -> date:
    """The same day `years` later; the last of February becomes the 28th where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
