"""Everything on the invented park and the five real zones: what `ecopark demo` runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecopark.core.text import Text
from ecopark.core.whole import all_or_nothing
from ecopark.errors import EcoparkError
from ecopark.examples import invented_park
from ecopark.packs.load import find_pack, shipped_ids
from ecopark.standards.explain import explain_clause
from ecopark.standards.result import Assessment
from ecopark.workflows.assess_park import assess_all, read_facts
from ecopark.workflows.reuse_facts import reuse_table
from ecopark.workflows.show_gate import GateStory, show_gate, write_gate
from ecopark.workflows.show_zones import write_zones
from ecopark.workflows.write_dossier import write_dossiers

DOSSIER_PACKS = ("hj274-2015", "miit-green-park-2016", "zero-carbon-park-2025", "jiangsu-near-zero-2024")
STORY_CLAUSE = "hj274-2015/13"


@dataclass(frozen=True)
class Demo:
    """What the demonstration made."""

    folder: Path
    park: Path
    story: Text
    assessments: tuple[Assessment, ...]
    written: tuple[Path, ...]
    gate: GateStory


def show_demo(
    folder: Path, *, firms: int = 50, seed: int = 7, lang: str = "zh", step: Callable[[str], None] | None = None
) -> Demo:
    """Write the invented park, assess it against every pack, write its dossier and the page on the five zones.

    Parameters
    ----------
    folder
        Where everything goes; an earlier demonstration there is replaced, anything else is left alone.

    Raises
    ------
    EcoparkError
        `folder` holds something that is no earlier demonstration.
    """
    say = step or (lambda text: None)
    mark = folder / ".ecopark-demo"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise EcoparkError(
            f"{folder} is not empty and holds no earlier demonstration: name another directory",
            zh=f"{folder} 不是空文件夹，也不是以前的演示：请另选文件夹",
        )
    fresh = not folder.exists()
    try:
        return _show(folder, mark, firms, seed, lang, say)
    except BaseException:
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _show(folder: Path, mark: Path, firms: int, seed: int, lang: str, say: Callable[[str], None]) -> Demo:
    """Piece by piece, each of them whole; a later piece reads the park where it will stay."""
    say("invented park")
    invented = invented_park(firms=firms, seed=seed)
    park = folder / "invented-park"
    with all_or_nothing(folder) as work:
        (work / mark.name).write_text("made by ecopark demo\n", encoding="utf-8")
        invented.write(work / park.name)
    say("assessment")
    facts = read_facts(park)
    every = [find_pack(name) for name in shipped_ids()]
    results = assess_all(facts, every)
    written: list[Path] = []
    say("dossier")
    written += write_dossiers(facts, DOSSIER_PACKS, folder / "dossier", lang=lang, step=say)
    story = next(a for a in results if a.pack.id == STORY_CLAUSE.split("/")[0])
    rows = reuse_table(facts, list(DOSSIER_PACKS)).rows_as_text(lang)
    texts = {
        "why-it-fails.txt": explain_clause(story, story.clause(STORY_CLAUSE), lang) + "\n",
        "typed-once.csv": "\ufeff" + "\n".join(_csv(row) for row in rows) + "\n",
    }
    with all_or_nothing(folder) as work:
        for name, text in texts.items():
            (work / name).write_text(text, encoding="utf-8")
    written += [folder / name for name in texts]
    say("gate")
    gate = show_gate(park)
    with all_or_nothing(folder) as work:
        names = [p.relative_to(work) for p in write_gate(gate, park, work / "gate", lang)]
    written += [folder / name for name in names]
    say("five zones")
    written += write_zones(folder / "five-zones", every, lang)
    return Demo(folder, park, invented.story, tuple(results), tuple(written), gate)


def _csv(row: tuple[str, ...]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
