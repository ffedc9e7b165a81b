"""The form that splits a target, or a clause that is not met, into tasks; and what their effects come to while it is typed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ecopark.casework.split import Split
from ecopark.core.text import Text
from ecopark.core.words import counted, unit_words
from ecopark.core.words import number as shown_number
from ecopark.web.assess.models import Kept
from ecopark.web.pages.context import lang
from ecopark.web.people.access import Standing, enter
from ecopark.web.tasks import lists, work
from ecopark.web.tasks.prefill import drafts_of
from ecopark.web.tasks.stored import Stored, choices, named
from ecopark.web.tasks.targets import settled, split_of, with_aim, with_effect
from ecopark.web.tasks.work import Aim
from ecopark.web.templatetags.ui import t
from ecopark.web.typed import day_in, number_in

EMPTY_ROWS = 2
MOST_ROWS = 40
OWN = tuple(one.name for one in fields(Aim))
"""What of a task says its target."""
FIELDS = ("measure", "lead", "start", "due", "element", "link", *OWN, "effect", "portion", "programme")
LONGEST = {
    "measure": 500, "quantity": 120, "op": 2, "target": 60, "base": 60, "unit": 60, "effect": 60, "portion": 20
}  # fmt: skip
OPERATORS = {
    ">=": Text("不低于", "at least"), "<=": Text("不高于", "at most"), ">": Text("高于", "more than"),
    "<": Text("低于", "less than"), "==": Text("等于", "equal to"),
}  # fmt: skip


@dataclass
class Read:
    """What was typed into the form, settled as far as it goes, and what is wrong: with the target, and with each task."""

    aim: Aim
    stored: Stored | None
    drafts: list[work.Draft] = field(default_factory=list)
    about_aim: list[Text] = field(default_factory=list)
    about_task: list[tuple[int, Text]] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.about_aim or self.about_task)


def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Make tasks of a target; with ``?clause=`` and ``?period=`` of a clause, prefilled from what would meet it."""
    standing = enter(request, slug, "write_tasks")
    name, period, kept, clause = _asked(request, standing)
    today = timezone.localdate()
    status = 200
    if request.method == "POST":
        read = _read(request.POST, standing, clause)
        forms = [_given(request.POST, i) for i in range(_count(request.POST))] or [_blank("", "")]
        if "more" in request.POST:
            forms += [_blank(request.POST.get("t-start", ""), request.POST.get("t-due", "")) for _ in range(EMPTY_ROWS)]
        else:
            if not read.drafts and not read.wrong:
                read.about_task.append((0, Text("请至少填写一项任务的措施。", "Fill in at least one measure.")))
            if not read.wrong:
                about = named(read.aim.quantity) if read.aim.quantity and not clause else None
                label = Text(clause["name"]["zh"], clause["name"]["en"]) if clause else about.label if about else None
                made = work.make(standing.park, read.drafts, request.user, clause=name, kept=kept, name=label)
                messages.success(request, t(f"已立项 {len(made)} 项任务", f"{counted(len(made), 'task')} made"))
                return redirect(f"{reverse('tasks', args=[slug])}{'?clause=' + name if clause else ''}")
            for i, text in read.about_task:
                forms[i]["problems"].append(text)
            said = t("有问题的地方已标出，尚未立项。", "What is wrong is marked. No task was made yet.")
            messages.error(request, said)
            status = 422
        aim = _aim_given(request.POST)
    else:
        due = today + lists.DEFAULT_TIME
        drafts = drafts_of(clause, today, due, lists.departments_of(standing.park)) if clause else []
        whole = drafts[0] if drafts else None
        aim = _aim_of(whole) | {"start": today.isoformat(), "due": due.isoformat()}
        forms = [_form(d) for d in drafts] + [_blank("", "") for _ in range(1 if clause else EMPTY_ROWS)]
        for one in forms[:1] if whole else ():
            one.update(dict.fromkeys(OWN, ""))
        settled_aim, stored, wrong = _settled(standing, aim, clause)
        read = Read(settled_aim, stored, about_aim=wrong)
    context = {
        "forms": forms, "aim": aim, "about_aim": read.about_aim if status == 422 else [], "clause": clause, "period": period,
        "departments": standing.park.departments.all(), "operators": OPERATORS, "choices": choices(),
        "programmes": standing.park.programmes.all(), "pack": name.rpartition("/")[0], "sum": _sum(read),
    }  # fmt: skip
    return render(request, "tasks/new.html", context, status=status)


@require_POST
def split(request: HttpRequest, slug: str) -> HttpResponse:
    """What the effects typed so far come to against the gap; nothing is kept."""
    standing = enter(request, slug, "write_tasks")
    _, _, _, clause = _asked(request, standing)
    return render(request, "tasks/sum.html", {"sum": _sum(_read(request.POST, standing, clause))})


def _asked(request: HttpRequest, standing: Standing) -> tuple[str, str, Kept | None, dict[str, Any] | None]:
    """The clause that tasks are for and the year, with the assessment that shows it; nothing where the address names none."""
    name, period = request.GET.get("clause", ""), request.GET.get("period", "")
    if not name:
        return "", period, None, None
    there = lists.clause_of(standing.park, name, period)
    if there is None:
        raise Http404
    return name, period, *there


def _read(post: QueryDict, standing: Standing, clause: dict[str, Any] | None) -> Read:
    """What was typed; rows without a measure and without an effect are left out."""
    aim, stored, wrong = _settled(standing, _aim_given(post), clause)
    read = Read(aim, stored, about_aim=wrong)
    start_common, due_common = post.get("t-start", ""), post.get("t-due", "")
    for i in range(_count(post)):
        given = _given(post, i)
        if not given["measure"] and not given["effect"] and not given["portion"]:
            continue
        start, due = day_in(given["start"] or start_common), day_in(given["due"] or due_common)
        if start is None or due is None:
            read.about_task.append((i, Text("请填写开始和完成日期。", "Give the start and the day it must be done.")))
            continue
        own = Aim(**{k: given[k] for k in OWN})
        problems: list[Text] = []
        if own.target or own.quantity:
            own, problems, _ = settled(standing.park, own, clause_unit=clause["unit"] if clause else None)
        programme = standing.park.programmes.filter(pk=number_in(given["programme"])).first()
        draft = work.Draft(
            given["measure"], given["lead"], start, due, given["support"], given["element"], given["link"],
            effect=given["effect"], portion=given["portion"], programme=programme, **asdict(own),
        )  # fmt: skip
        draft, about_effect = with_effect(with_aim(draft, aim))
        read.about_task += [(i, text) for text in (*work.check(standing.park, draft), *problems, *about_effect)]
        read.drafts.append(draft)
    return read


def _settled(
    standing: Standing, given: dict[str, str], clause: dict[str, Any] | None
) -> tuple[Aim, Stored | None, list[Text]]:
    aim, wrong, stored = settled(
        standing.park, Aim(**{k: given[k] for k in OWN}), clause_unit=clause["unit"] if clause else None
    )
    return aim, stored, wrong


def _sum(read: Read) -> dict[str, Any] | None:
    """The expected effects against the gap, as a page shows them."""
    found: Split | None = split_of(read.aim, read.drafts) if not read.about_aim else None
    if found is None:
        return None
    return {
        "unit": unit_words(read.aim.unit, lang()) if read.aim.unit else "", "base": read.aim.base,
        "gap": None if found.gap is None else shown_number(found.gap), "promised": shown_number(found.promised),
        "short": shown_number(found.short) if found.short else None, "enough": found.short == 0, "unsaid": found.unsaid,
        "stored": read.stored if read.stored and read.stored.value is not None else None,
    }  # fmt: skip


def _count(post: QueryDict) -> int:
    return min(number_in(post.get("rows", "")) or 0, MOST_ROWS)


def _given(post: QueryDict, i: int) -> dict[str, Any]:
    row: dict[str, Any] = {k: post.get(f"{k}-{i}", "").strip()[: LONGEST.get(k, 200)] for k in FIELDS}
    return row | {"support": post.getlist(f"support-{i}"), "problems": []}


def _aim_given(post: QueryDict) -> dict[str, str]:
    return {k: post.get(f"t-{k}", "").strip()[: LONGEST.get(k, 200)] for k in (*OWN, "start", "due")}


def _aim_of(draft: work.Draft | None) -> dict[str, str]:
    return {k: getattr(draft, k) if draft else "" for k in OWN}


def _form(draft: work.Draft) -> dict[str, Any]:
    row = {k: getattr(draft, k) for k in FIELDS if k not in ("start", "due", "programme")}
    return row | {"start": "", "due": "", "support": list(draft.support), "programme": "", "problems": []}


def _blank(start: str, due: str) -> dict[str, Any]:
    return dict.fromkeys(FIELDS, "") | {"support": [], "problems": []}
