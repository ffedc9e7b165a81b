"""An assessment as of an earlier day: the one that was kept and still held then, else worked out from the figures of that day.

A kept one holds at a moment if nothing it rests on was changed between: figures its pack needs, the park's settings, signatures
under its clauses, the registry. What is worked out today is worked out with today's pack and program, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from ecopark import __version__
from ecopark.core.text import Text
from ecopark.errors import InputError
from ecopark.packs.model import Pack
from ecopark.reports.plain import whole
from ecopark.standards.needs import FACTORS
from ecopark.web.assess import keep
from ecopark.web.assess.models import LARGE, Kept
from ecopark.web.figures import as_known
from ecopark.web.figures.as_known import PastError
from ecopark.web.figures.models import Figure
from ecopark.web.firms.models import FirmEvent
from ecopark.web.parks.models import Park
from ecopark.web.rules.models import Verification
from ecopark.workflows.assess_park import assess_all


@dataclass(frozen=True)
class Then:
    """An assessment as of a day.

    Parameters
    ----------
    kept
        The row that was kept; or one that is not stored, made today.
    computed
        Whether it was worked out today.
    """

    day: date
    kept: Kept
    computed: bool
    pack: Pack

    @property
    def said(self) -> list[Text]:
        """What is as of then, and what is as of today."""
        kept, today = self.kept, self.pack.hash[:8]
        if not self.computed:
            edition = Text("与今天相同", "the same as today")
            if kept.pack_hash != self.pack.hash:
                edition = Text(f"今天为 {today}", f"today's is {today}")
            return [
                Text(
                    f"当时存档的评价（{keep.local(kept.at)} 保存，到当日结束时仍成立）：标准 {kept.pack_hash[:8]}"
                    f"（{edition.zh}），ecopark {kept.version}。",
                    f"The assessment that was kept on {keep.local(kept.at)} and still held at the end of that day: standard "
                    f"{kept.pack_hash[:8]} ({edition.en}), ecopark {kept.version}.",
                )
            ]
        return [
            Text(
                f"当日没有仍成立的存档，按当日的数据重新计算：数据、园区设置、部门、企业登记变更、核对签署、佐证材料均按当日；"
                f"标准（{today}）、数据项目录和程序（ecopark {__version__}）为今天的。",
                "No assessment was kept that still held then, so it was worked out from the figures of that day. As of that "
                "day are figures, the park's settings, departments, changes of the registry, signatures and evidence; as of "
                f"today are the standard ({today}), the catalogue of quantities and the program (ecopark {__version__}).",
            )
        ]


def answer(park: Park, pack: Pack, period: str, day: date) -> Then:
    """The assessment of a pack and period as it was known at the end of a day.

    Raises
    ------
    PastError
        It cannot be worked out: the options of then do not fit today's pack.
    StillWorkingError
        Of a request for a large park, whose history has to be read first.
    """
    moment = as_known.end_of(day)
    rows = Kept.objects.filter(park=park, pack=pack.id, period=period, at__lte=moment)
    last = rows.defer(*LARGE).order_by("-at", "-pk").first()
    if last is not None and _held(last, park, pack, moment):
        return Then(day, last, False, pack)
    then = as_known.past(park, day)
    name = (pack.id, pack.hash, period)
    made = then.answers.get(name)
    if made is None:
        made = then.answers[name] = _worked_out(then, pack, period)
    if last is not None and last.version == made.version and last.says(made.result, {}):
        return Then(day, last, False, pack)
    return Then(day, made, True, pack)


def _worked_out(then: as_known.Past, pack: Pack, period: str) -> Kept:
    try:
        [result] = assess_all(then.facts, [pack.id], periods=[period], subject=then.park.key)
    except InputError as error:
        raise PastError(
            Text(
                f"按当日的设置不能用今天的标准计算：{error.message('zh')}",
                f"With the settings of that day it cannot be worked out by today's standard: {error.message('en')}",
            )
        ) from None
    return keep.unsaved(then.park, result, whole(result), {}, at=then.moment)


def _held(kept: Kept, park: Park, pack: Pack, moment: datetime) -> bool:
    """Whether what a kept assessment rests on was still the same at a later moment."""
    since = Figure.history.filter(park=park, seq__gt=kept.changed, history_date__lte=moment).order_by()
    needs = keep.needs(pack.id, pack.hash)
    for quantity in since.values_list("quantity", flat=True).distinct():
        if kept.pack_hash != pack.hash or quantity in needs or quantity.startswith(FACTORS):
            return False
    signed = Verification.objects.filter(park=park, pack=pack.id)
    signed = signed.filter(Q(at__gt=kept.at, at__lte=moment) | Q(withdrawn__gt=kept.at, withdrawn__lte=moment))
    if signed.exists() or FirmEvent.objects.filter(park=park, at__gt=kept.at, at__lte=moment).exists():
        return False
    before, after = as_known.park_on(park, kept.at), as_known.park_on(park, moment)
    return (before.settings, before.base_year) == (after.settings, after.base_year)
