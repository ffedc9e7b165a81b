"""What somebody should look at: each finding on its own while there are few, counted and sampled where there are many.

Fifty firms without a group are one message with fifty names behind it, not fifty messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ecopark.core.text import Text
from ecopark.errors import Place, Problem
from ecopark.grading.firms import Firm

ONE_BY_ONE = 20
"""Up to so many findings of one kind are told one by one; beyond, the first ones and their number."""

NAMED = 8
"""How many firms a summed-up message names."""

TOGETHER = ("group-guessed", "scope-open", "outside-scope")
"""Findings that say the same of many firms: told together from the second on."""

REPAIRS: dict[str, Text] = {
    "group-guessed": Text("请填写“分组”列。", "Fill in `group`."),
    "scope-open": Text("请补充判断所需的数据。", "Give the figures it is decided by."),
    "outside-scope": Text("这些企业不计分、不排序。", "They are listed, not scored or ranked."),
    "rate-differs": Text("请核对。", "Please check."),
}


@dataclass
class Findings:
    """Findings of one grading, by kind and text."""

    found: dict[str, dict[Text, list[tuple[str, Place]]]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, firm: Firm, text: Text) -> None:
        """One finding about one firm."""
        self.found.setdefault(code, {}).setdefault(text, []).append((firm.id, firm.place))

    def add_many(self, code: str, text: Text, firms: Iterable[str]) -> None:
        """The same finding about many firms."""
        self.found.setdefault(code, {}).setdefault(text, []).extend((f, Place()) for f in firms)

    def untold(self, code: str, count: int) -> None:
        """So many findings more of one kind, whose texts were not made."""
        self.more[code] = self.more.get(code, 0) + count

    def problems(self) -> list[Problem]:
        """The findings as warnings."""
        made: list[Problem] = []
        for code, texts in self.found.items():
            repair = REPAIRS[code]
            told = 0
            for text, firms in texts.items():
                if code in TOGETHER and len(firms) > 1:
                    made.append(_together(code, text, firms, repair))
                    continue
                for firm, place in firms:
                    told += 1
                    if told <= ONE_BY_ONE:
                        zh, en = f"{firm}：{text.zh}。", f"{firm}: {text.en}."
                        made.append(Problem(code, place, zh, en, repair.zh, repair.en, "warning"))
            rest = max(0, told - ONE_BY_ONE) + self.more.get(code, 0)
            if rest:
                zh, en = f"另有 {rest} 处同类问题。", f"{rest} more findings of this kind ({code})."
                made.append(Problem(code, Place(), zh, en, repair.zh, repair.en, "warning"))
        return made


def _together(code: str, text: Text, firms: list[tuple[str, Place]], repair: Text) -> Problem:
    names, count = [f for f, _ in firms[:NAMED]], len(firms)
    dots = " ..." if count > NAMED else ""
    return Problem(
        code,
        Place(),
        f"{count} 家企业{text.zh}：{'、'.join(names)}{' 等' if dots else ''}。",
        f"{count} firms: {text.en}: {', '.join(names)}{dots}.",
        repair.zh,
        repair.en,
        "warning",
    )
