"""The invented park's story carried on: a project refused and back with its counter-offer, a firm regraded, a plot renewed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.admission.decision import Decision
from ecopark.admission.wording import VERDICTS
from ecopark.core.rounding import decimal_text
from ecopark.core.text import Text
from ecopark.core.words import number as number_words
from ecopark.core.words import with_unit
from ecopark.examples.gate_story import BUDGET, DECIDED_ON, PROJECT
from ecopark.grading.renewal import Order
from ecopark.grading.result import FirmGrade, Grading
from ecopark.grading.sheet import sheet_of
from ecopark.workflows.admit_project import admit
from ecopark.workflows.grade_firms import grade
from ecopark.workflows.renew_land import list_land, order_land
from ecopark.workflows.write_minutes import minutes_word
from ecopark.workflows.write_renewal import programme_document, write_document
from ecopark.workflows.write_sheet import write_sheet

POLICY = METHOD = "invented-park"


@dataclass(frozen=True)
class GateStory:
    """What happened at the gate, among the firms and on the land.

    Parameters
    ----------
    refused, again
        The project as it first came, and as it came back with the changes of its counter-offer, if there is one.
    before, after
        The firm that moved most classes, last year and this year.
    order
        The renewal of low-efficiency land within the budget.
    """

    refused: Decision
    again: Decision | None
    before: FirmGrade
    after: FirmGrade
    order: Order
    grading: Grading

    def told(self) -> tuple[Text, ...]:
        """The story in three sentences."""
        return _gate(self.refused, self.again), _grades(self), _land(self.order)


def show_gate(park: Path) -> GateStory:
    """Play the story on the folder of the invented park.

    Raises
    ------
    InputError
        The folder cannot be used.
    """
    refused = admit(PROJECT, POLICY, park=park, on=DECIDED_ON)
    again = None
    if refused.counter_offer is not None:
        again = admit(changed_project(PROJECT, refused), POLICY, park=park, on=DECIDED_ON)
    now = grade(park, METHOD)
    last = grade(park, METHOD, period=int(now.table.period) - 1)
    before, after = _moved(last, now)
    order = order_land(park / "land" / "plots.csv", {y: Fraction(m) for y, m in BUDGET.items()}, grading=now)
    return GateStory(refused, again, before, after, order, now)


def changed_project(project: dict[str, Any], decision: Decision) -> dict[str, Any]:
    """The project with the changes of its counter-offer.

    Raises
    ------
    ValueError
        There is no counter-offer.
    """
    if decision.counter_offer is None:
        raise ValueError("there is no counter-offer")
    made = copy.deepcopy(project)
    for change in decision.counter_offer.changes:
        for fact in made["facts"]:
            if fact["quantity"] == change.quantity:
                fact |= {"value": decimal_text(change.needed), "unit": change.unit}
    return made


def write_gate(story: GateStory, park: Path, folder: Path, lang: str) -> list[Path]:
    """Minutes of both decisions, the sheet of the regraded firm and the programme of renewal, as Word files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, decision in (("minutes-refused.docx", story.refused), ("minutes-again.docx", story.again)):
        if decision is None:
            continue
        (folder / name).write_bytes(minutes_word(decision, lang))
        written.append(folder / name)
    own = sheet_of(story.grading, story.after.firm.id)
    written.append(write_sheet(own, folder / f"sheet-{story.after.firm.id}.docx", lang=lang))
    listed, rules = list_land(park / "land" / "plots.csv", grading=story.grading)
    budget = {y: Fraction(m) for y, m in BUDGET.items()}
    day = date.fromisoformat(DECIDED_ON)
    document = programme_document(listed, rules, story.order, budget, lang=lang, on=day)
    written.append(write_document(document, folder / "renewal.docx"))
    return written


def _moved(last: Grading, now: Grading) -> tuple[FirmGrade, FirmGrade]:
    """The firm whose class rose most since last year; of several the one that gained most points."""
    was = {f.firm.id: f for f in last.firms if f.grade and f.score is not None}
    pairs = [(was[f.firm.id], f) for f in now.firms if f.grade and f.score is not None and f.firm.id in was]

    def gained(pair: tuple[FirmGrade, FirmGrade]) -> tuple[int, Fraction]:
        before, after = pair
        points = (after.score or Fraction(0)) - (before.score or Fraction(0))
        return ord((before.grade or " ")[0]) - ord((after.grade or " ")[0]), points

    return max(pairs, key=gained)


def _gate(refused: Decision, again: Decision | None) -> Text:
    reasons = [f for f in refused.findings if f.status == "not_met"]
    offer = refused.counter_offer
    changes: Sequence[Any] = offer.changes if offer else ()

    def steps(lang: str) -> str:
        return ("；" if lang == "zh" else "; ").join(
            f"{c.label[lang]} {number_words(c.now)} → {with_unit(number_words(c.needed), c.unit, lang)}"
            for c in changes
        )

    why_zh, why_en = "；".join(f.reason.zh for f in reasons), "; ".join(f.reason.en for f in reasons)
    zh = f"项目“{refused.project.name}”{VERDICTS[refused.verdict].zh}：{why_zh}。"
    en = f"The project '{refused.project.name}': {VERDICTS[refused.verdict].en}. {why_en}."
    if again is None:
        return Text(f"{zh}没有可行的改动。", f"{en} No change of its numbers helps.")
    return Text(
        f"{zh}最小改动：{steps('zh')}。改后再报：{VERDICTS[again.verdict].zh}。",
        f"{en} Smallest change: {steps('en')}. It comes back: {VERDICTS[again.verdict].en}.",
    )


def _grades(story: GateStory) -> Text:
    a, b = story.before, story.after
    name = b.firm.name or b.firm.id
    year = int(story.grading.table.period)
    return Text(
        f"{name}：{year - 1} 年 {a.grade} 类，{year} 年 {b.grade} 类（得分 {decimal_text(a.score or Fraction(0), 4)} → "
        f"{decimal_text(b.score or Fraction(0), 4)}）。",
        f"{name}: class {a.grade} in {year - 1}, class {b.grade} in {year} (score {decimal_text(a.score or Fraction(0), 4)} -> "
        f"{decimal_text(b.score or Fraction(0), 4)}).",
    )


def _land(order: Order) -> Text:
    steps = order.steps
    if not steps:
        return Text("预算内没有可改造的地块。", "No plot can be renewed within the budget.")
    first = steps[0]
    area = sum((s.plot.number("area_mu") or Fraction(0) for s in steps), Fraction(0))
    return Text(
        f"低效用地再开发：预算内安排 {len(steps)} 宗、{decimal_text(area, 5)} 亩，首宗为 {first.year} 年的 {first.plot.id}"
        f"（{first.plot.word('firm')}）。",
        f"Land renewal: {len(steps)} plots, {decimal_text(area, 5)} mu, fit the budget; the first is {first.plot.id} "
        f"({first.plot.word('firm')}) in {first.year}.",
    )
