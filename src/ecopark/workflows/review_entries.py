"""The register after the decision: what was promised at the gate against what the firm delivers, year by year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ecopark.admission.post_entry import Promise, post_entry
from ecopark.admission.project import read_project
from ecopark.admission.register import Entry, Register
from ecopark.errors import InputError, Place, Problem, did_you_mean
from ecopark.observations.model import Facts
from ecopark.observations.reading import read_facts


@dataclass(frozen=True)
class EntryReview:
    """One entry of the register, held against delivered figures.

    Parameters
    ----------
    entry
        The decision.
    subject
        Whose figures they are.
    promises
        Every promised figure in every year.
    """

    entry: Entry
    subject: str
    promises: tuple[Promise, ...]

    def count(self, year: int) -> dict[str, int]:
        """How many promises of a year have each status."""
        found: dict[str, int] = {}
        for promise in self.promises:
            if promise.year == year:
                found[promise.status] = found.get(promise.status, 0) + 1
        return found


def review_entry(
    park: str | Path, number: int, figures: str | Path, *, subject: str = "", years: Iterable[int] = ()
) -> EntryReview:
    """Hold what a registered project promised against delivered figures.

    Parameters
    ----------
    park
        The park folder with the register.
    number
        Which entry.
    figures
        Delivered figures: csv, xlsx, parquet or a park folder.
    subject
        Whose they are; may be left out where only one subject has figures.
    years
        Years to look at; default: all years of these figures from that of the decision on.

    Raises
    ------
    InputError
        There is no such entry or subject, or the figures cannot be read.
    """
    register = Register(Path(park))
    entry = register.entry(number)
    policy = register.policy(entry)
    project = read_project(entry.data["project"], policy.own_ratios)
    facts = read_facts(figures)
    whose = _subject(facts, subject, figures)
    first = int(entry.on[:4])
    wanted = sorted(set(years)) or [y for y in facts.years(whose) if y >= first]
    if not wanted:
        zh, en = f"{whose} 没有 {first} 年及以后的数据", f"{whose} has no figures of {first} or later"
        raise InputError([Problem("no-figures", Place(str(figures)), zh, en)])
    return EntryReview(entry, whose, post_entry(project, policy, facts, whose, wanted))


def _subject(facts: Facts, given: str, figures: str | Path) -> str:
    known = sorted({o.subject for o in facts.observations})
    if given in known:
        return given
    if not given and len(known) == 1:
        return known[0]
    shown = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
    zh = f"没有“{given}”的数据" if given else "数据不止一个对象，请用 --subject 指明"
    en = f"there are no figures of '{given}'." if given else "the figures are of several subjects; name one."
    repair = f"有：{shown}", f"{did_you_mean(given, known)} There are: {shown}".strip()
    raise InputError([Problem("unknown-subject", Place(str(figures)), zh, en, *repair)])
