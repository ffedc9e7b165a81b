"""The briefing worded for one language and cut to the room there is.

What is left out of a list is always counted in its last line. PDF and slides draw the same `Page`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ecopark.core.text import Text
from ecopark.reports.briefing import Briefing, Department, Gap, Indicator, OpenCase, Verdict
from ecopark.reports.charts import display_width, small_trend
from ecopark.reports.labels import STATUS_TONE, VERDICT_TONE, VERDICT_WORDS, L
from ecopark.reports.words import joined, printable, unit_words
from ecopark.standards.result import STATUS_TEXT

W: dict[str, Text] = {
    "title": Text("领导简报", "One-page briefing"),
    "subtitle": Text("{period} 年度 · {on} 出具", "Figures of {period} · made on {on}"),
    "verdicts": Text("称号与判定", "Titles and verdicts"),
    "indicators": Text("关键指标三年走势（虚线为标准值）", "Key indicators, three years (dashed: limit)"),
    "tasks": Text("任务（按灯）", "Tasks by light"),
    "cases": Text("问题（按时限）", "Cases by clock"),
    "missing": Text("缺项（按部门，先收集最能定判定的）", "Missing, most telling first"),
    "changes": Text("判定变化", "Verdicts that changed"),
    "gate": Text("项目准入", "Projects at the gate"),
    "grades": Text("亩均效益评价", "Grades of firms"),
    "scores": Text("达标 {met} · 未达标 {not_met} · 待定 {open}", "met {met} · not met {not_met} · open {open}"),
    "rest_verdicts": Text("另有 {n} 项标准：{what}", "Other standards, {n}: {what}"),
    "rest": Text("另有 {n} 项未列", "{n} more not listed"),
    "rest_indicators": Text("另有 {n} 项有标准值的指标未绘图", "{n} more indicators with limits are not drawn"),
    "rest_missing": Text(
        "另有 {groups} 个部门 {n} 项未列", "{n} more in other departments ({groups})"
    ),
    "of_department": Text("{name}（{n} 项）", "{name} ({n})"),
    "and_more": Text("等 {n} 项", "and {n} more"),
    "settles": Text("可定 {n} 条", "settles {n}"),
    "overdue": Text("逾期 {days} 天", "{days} d overdue"),
    "no_overdue": Text("没有逾期任务。", "No task is overdue."),
    "late_by": Text("超期 {days} 天", "{days} d late"),
    "late_today": Text("超期不足一天", "late, less than a day"),
    "due_on": Text("{day} 到期", "due {day}"),
    "no_clock": Text("无时限", "no clock"),
    "no_cases": Text("没有未办结问题。", "No case is open."),
    "none_changed": Text("没有判定变化。", "No verdict changed."),
    "none_missing": Text("没有缺项。", "Nothing is missing."),
    "none_verdicts": Text("还没有可评价的数据。", "There is nothing to assess yet."),
    "none_drawn": Text("没有可绘图的指标。", "No indicator has a number and a limit."),
    "quota": Text("{name}（{year}）余 {free} / {limit} {unit}", "{name} ({year}): {free} of {limit} {unit} left"),
    "no_quota": Text("台账未登记总量指标。", "The ledger holds no quota."),
    "grade_none": Text("未定级", "no grade"),
    "grade_outside": Text("不参评", "not graded"),
    "graded": Text("{year} 年度，{method}", "{year}, {method}"),
    "left_out": Text("未包括：{what}", "Not included: {what}"),
    "origin": Text(
        "本页由 {by} 于 {on} 用 ecopark {version} 出具，数据年度 {period}；判定为园区自评价，不代表主管部门结论。",
        "Made by {by} on {on} with ecopark {version} from figures of {period}; the park's own evaluation, not a decision of an "
        "authority.",
    ),
    "hashes": Text("标准包校验值：{what}", "Pack hashes: {what}"),
    "against": Text("{before} 年 → {after} 年", "{before} → {after}"),
}  # fmt: skip
LIGHTS = {
    "red": (Text("红灯", "red"), "bad"),
    "amber": (Text("黄灯", "amber"), "partly"),
    "green": (Text("绿灯", "green"), "good"),
    "grey": (Text("未启动", "not begun"), "muted"),
}
CLOCKS = {
    "late": (Text("已超期", "late"), "bad"),
    "soon": (Text("一日内到期", "due within a day"), "partly"),
    "running": (Text("在期限内", "in time"), "good"),
}
DECISIONS = {
    "admit": (Text("准予", "admitted"), "good"),
    "conditional": (Text("有条件准入", "conditional"), "partly"),
    "refuse": (Text("不予准入", "refused"), "bad"),
    "undetermined": (Text("待定", "open"), "open"),
}
NAMED = 3
"""So many missing figures of a department are named."""
HASH_LETTERS = 8
LONGEST = 1000
"""Of a longer text the beginning is looked at. [characters]"""


@dataclass(frozen=True, slots=True)
class Room:
    """How many lines each part may take, and how wide a line is.

    Parameters
    ----------
    title, basis, column
        Width of a standard's title, of the line about its basis, and of a line in a column. [em]
    """

    verdicts: int = 14
    charts: int = 4
    tasks: int = 10
    cases: int = 10
    missing: int = 10
    changes: int = 8
    quotas: int = 8
    grades: int = 8
    hashes: int = 14
    title: float = 44
    basis: float = 52
    column: float = 31

    def tighter(self) -> Room | None:
        """The same with one line less in the part that has most; None if nothing can be taken away."""
        parts = ("hashes", "grades", "verdicts", "quotas", "missing", "cases", "tasks", "changes", "charts")
        most = max(parts, key=lambda name: getattr(self, name))
        lines = getattr(self, most)
        return replace(self, **{most: lines - 1}) if lines > 1 else None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box; the note stands behind or below it, smaller."""

    text: str
    note: str = ""
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Box:
    """One part of the page.

    Parameters
    ----------
    counts
        (tone, word, number) in large type.
    rest
        What did not fit, counted.
    """

    id: str
    title: str
    counts: tuple[tuple[str, str, str], ...] = ()
    lines: tuple[Line, ...] = ()
    rest: str = ""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One standard on the page."""

    title: str
    verdict: str
    tone: str
    score: str
    counts: str
    basis: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One small chart, as picture and as numbers."""

    title: str
    status: str
    tone: str
    unit: str
    periods: tuple[str, ...]
    values: tuple[float | None, ...]
    limits: tuple[float | None, ...]
    svg: str
    alt: str


@dataclass(frozen=True)
class Page:
    """The page in one language, cut to a room."""

    lang: str
    title: str
    park: str
    subtitle: str
    label: str
    heads: Mapping[str, str]
    verdicts: tuple[VerdictRow, ...]
    verdicts_rest: str
    trends: tuple[Trend, ...]
    trends_rest: str
    boxes: tuple[Box, ...]
    foot: tuple[str, ...] = field(default=())

    def box(self, name: str) -> Box | None:
        """A part by its name; None if it is not on the page."""
        return next((b for b in self.boxes if b.id == name), None)


def clip(text: str, ems: float) -> str:
    """`text` as one line of at most `ems`, cut with an ellipsis.

    Examples
    --------
    >>> clip("单位工业增加值综合能耗", 6)
    '单位工业增…'
    >>> clip("two\\nlines", 20)
    'two lines'
    """
    one = re.sub(r"\s+", " ", printable(text[:LONGEST])).strip()
    if len(text) <= LONGEST and display_width(one) <= ems:
        return one
    kept, width = "", 1.0
    for letter in one:
        width += display_width(letter)
        if width > ems:
            break
        kept += letter
    return kept.rstrip() + "…"


def page(b: Briefing, lang: str, room: Room) -> Page:
    """The briefing worded for one language and cut to `room`."""
    return _Wording(b, lang, room).page()


class _Wording:
    def __init__(self, b: Briefing, lang: str, room: Room) -> None:
        self.b, self.lang, self.room = b, lang, room

    def say(self, key: str, **parts: object) -> str:
        return W[key][self.lang].format(**parts) if parts else W[key][self.lang]

    def page(self) -> Page:
        b, lang, room = self.b, self.lang, self.room
        shown, rest = b.verdicts[: room.verdicts], b.verdicts[room.verdicts :]
        trends = b.indicators[: room.charts]
        undrawn = b.indicators_total - len(trends)
        boxes = (self.tasks(), self.missing(), self.cases(), self.changes(), self.gate(), self.grades())
        return Page(
            lang,
            self.say("title"),
            clip(b.park[lang], 26),
            self.say("subtitle", period=b.period, on=b.on),
            L["invented"][lang] if b.invented else "",
            {"verdicts": self.say("verdicts"), "indicators": self.say("indicators")},
            tuple(self.verdict(v) for v in shown),
            self.rest_of_verdicts(rest) if rest else "" if b.verdicts else self.say("none_verdicts"),
            tuple(self.trend(i) for i in trends),
            self.say("rest_indicators", n=undrawn) if undrawn > 0 else "" if trends else self.say("none_drawn"),
            tuple(box for box in boxes if box is not None),
            self.foot(),
        )

    def verdict(self, v: Verdict) -> VerdictRow:
        period = "" if v.period == self.b.period else f" {v.period}"
        return VerdictRow(
            clip(v.title[self.lang] + period, self.room.title),
            clip(v.said[self.lang], 17),
            VERDICT_TONE[v.verdict],
            clip(v.score[self.lang], 16),
            self.say("scores", met=v.met, not_met=v.not_met, open=v.open),
            clip(v.basis[self.lang], self.room.basis),
        )

    def rest_of_verdicts(self, rest: Sequence[Verdict]) -> str:
        counted = {k: sum(v.verdict == k for v in rest) for k in VERDICT_WORDS}
        what = joined((f"{VERDICT_WORDS[k][self.lang]} {n}" for k, n in counted.items() if n), self.lang)
        return self.say("rest_verdicts", n=len(rest), what=what)

    def trend(self, i: Indicator) -> Trend:
        title, unit = clip(i.label[self.lang], 60), clip(unit_words(i.unit, self.lang), 16)
        svg, alt = small_trend(title, unit, i.periods, i.values, i.limits, i.status, self.lang)
        return Trend(
            title, STATUS_TEXT[i.status][self.lang], STATUS_TONE[i.status], unit, i.periods, i.values, i.limits, svg, alt
        )  # fmt: skip

    def tasks(self) -> Box | None:
        t = self.b.tasks
        if t is None:
            return None
        counts = self.counted(t.lights, LIGHTS)
        lines = tuple(
            Line(
                self.narrow(f"{one.number} {one.measure[self.lang]}"),
                self.narrow(f"{one.lead[self.lang]} · {self.say('overdue', days=(self.b.on - one.due).days)}"),
                LIGHTS[one.light][1],
            )
            for one in t.overdue[: self.room.tasks]
        )
        lines = lines or (Line(self.say("no_overdue")),)
        rest = t.overdue_total - min(len(t.overdue), self.room.tasks)
        return Box("tasks", self.say("tasks"), counts, lines, self.rest(rest))

    def cases(self) -> Box | None:
        c = self.b.cases
        if c is None:
            return None
        lines = tuple(
            Line(
                self.narrow(f"{one.number} {one.what[self.lang]}"),
                self.narrow(f"{one.found} · {self.clock(one)}"),
                "bad" if one.late else "muted",
            )
            for one in c.oldest[: self.room.cases]
        )
        lines = lines or (Line(self.say("no_cases")),)
        rest = c.total - min(len(c.oldest), self.room.cases)
        return Box("cases", self.say("cases"), self.counted(c.clocks, CLOCKS), lines, self.rest(rest))

    def clock(self, one: OpenCase) -> str:
        if one.due is None:
            return self.say("no_clock")
        if not one.late:
            return self.say("due_on", day=one.due)
        days = (self.b.on - one.due).days
        return self.say("late_by", days=days) if days > 0 else self.say("late_today")

    def missing(self) -> Box:
        groups = self.b.missing
        lines = tuple(self.department(d) for d in groups[: self.room.missing])
        left = groups[self.room.missing :]
        rest = self.say("rest_missing", groups=len(left), n=sum(len(d.gaps) for d in left)) if left else ""
        return Box("missing", self.say("missing"), (), lines or (Line(self.say("none_missing")),), rest)

    def department(self, d: Department) -> Line:
        name = d.name[self.lang] or L["department_none"][self.lang]
        named = [self.gap(g) for g in d.gaps[:NAMED]]
        width = self.room.column * 1.9
        while len(named) > 1 and display_width(joined(named, self.lang)) > width:
            named.pop()
        text, left = clip(joined(named, self.lang), width), len(d.gaps) - len(named)
        glue = " " if self.lang == "en" or not left else ""
        if left:
            more = len(d.gaps) if self.lang == "zh" else left
            text += glue + self.say("and_more", n=more)
        return Line(self.narrow(self.say("of_department", name=name, n=len(d.gaps))), text)

    def gap(self, g: Gap) -> str:
        settles = self.say("settles", n=g.settles) if g.settles else ""
        brackets = f"（{settles}）" if self.lang == "zh" else f" ({settles})"
        return f"{clip(g.label[self.lang], 60)} {g.period}".strip() + (brackets if settles else "")

    def changes(self) -> Box:
        lines = tuple(
            Line(
                self.narrow(c.title[self.lang]),
                f"{c.when or self.say('against', before=c.periods[0], after=c.periods[1])} · "
                f"{VERDICT_WORDS[c.before][self.lang]} → {VERDICT_WORDS[c.after][self.lang]}",
                VERDICT_TONE[c.after],
            )
            for c in self.b.changes[: self.room.changes]
        )
        rest = len(self.b.changes) - len(lines)
        return Box(
            "changes", self.say("changes"), (), lines or (Line(self.say("none_changed")),), self.rest(rest)
        )  # fmt: skip

    def gate(self) -> Box | None:
        g = self.b.gate
        if g is None:
            return None
        lines = tuple(
            Line(
                self.narrow(
                    self.say("quota", name=q.name[self.lang], year=q.year, free=q.free, limit=q.limit,
                             unit=unit_words(q.unit, self.lang))
                )
            )
            for q in g.quotas[: self.room.quotas]
        )  # fmt: skip
        rest = len(g.quotas) - len(lines)
        lines = lines or (Line(self.say("no_quota")),)
        return Box("gate", self.say("gate"), self.counted(g.counts, DECISIONS), lines, self.rest(rest))

    def grades(self) -> Box | None:
        g = self.b.grades
        if g is None:
            return None
        shown = list(g.counts.items())[: self.room.grades]
        counts = tuple(("muted", clip(self.grade(name), 8), str(n)) for name, n in shown)
        line = Line(self.narrow(self.say("graded", year=g.year, method=g.method[self.lang])))
        return Box("grades", self.say("grades"), counts, (line,), self.rest(len(g.counts) - len(shown)))

    def grade(self, name: str) -> str:
        words = {"": "grade_none", "outside": "grade_outside"}
        return self.say(words[name]) if name in words else name

    def foot(self) -> tuple[str, ...]:
        b = self.b
        said = self.say("origin", by=clip(b.by, 16) or "—", on=b.on, version=b.version, period=b.period)
        shown = b.verdicts[: self.room.hashes]
        hashes = joined((f"{v.pack} {v.hash[:HASH_LETTERS]}" for v in shown), self.lang)
        if len(shown) < len(b.verdicts):
            hashes += " … " + self.rest(len(b.verdicts) - len(shown))
        lines = [said]
        if hashes:
            lines.append(self.say("hashes", what=hashes))
        if b.left_out:
            glue = "；" if self.lang == "zh" else "; "
            lines.append(self.say("left_out", what=glue.join(t[self.lang] for t in b.left_out)))
        return tuple(lines)

    def narrow(self, text: str) -> str:
        return clip(text, self.room.column)

    def rest(self, n: int) -> str:
        return self.say("rest", n=n) if n > 0 else ""

    def counted(
        self, numbers: Mapping[str, int], words: Mapping[str, tuple[Text, str]]
    ) -> tuple[tuple[str, str, str], ...]:
        return tuple((words[k][1], words[k][0][self.lang], str(numbers.get(k, 0))) for k in words)
