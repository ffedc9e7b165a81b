"""What a document is made of: headings, paragraphs, tables, figures. HTML, Word and PDF draw the same blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

TONES = ("good", "partly", "bad", "open", "muted", "plain")
"""How a cell or card is coloured; the words always say it too."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text
        What is read first.
    note
        A smaller second line.
    tone
        One of `TONES`; anything but ``plain`` is drawn as a chip.
    number
        Set flush right.
    strong
        Set bold.
    """

    text: str
    note: str = ""
    tone: str = "plain"
    number: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `anchor` is what a table of contents points to."""

    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `kind` is ``text``, ``lead``, ``note`` or ``warning``."""

    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short lines."""

    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header row.

    Parameters
    ----------
    widths
        Relative widths of the columns; empty: equal.
    groups
        (first row, heading) of rows that stand under a common heading.
    wide
        Wants a landscape page or a smaller type.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    widths: tuple[float, ...] = ()
    groups: tuple[tuple[int, str], ...] = ()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of name and value, in two columns."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as SVG text, with what it shows in words for who cannot see it."""

    svg: str
    caption: str
    alt: str = ""
    width: int = 720


@dataclass(frozen=True, slots=True)
class Card:
    """One verdict in large type."""

    title: str
    verdict: str
    tone: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cards:
    """Verdicts side by side."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Something that opens on request in HTML and stands open on paper.

    Parameters
    ----------
    paper
        Whether it is printed and written into Word and PDF; False for the longest traces.
    """

    title: str
    blocks: tuple[Block, ...]
    chip: Cell | None = None
    anchor: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """Text in fixed width: a trace, a hash."""

    text: str


Block = Heading | Paragraph | Bullets | Table | Pairs | Figure | Cards | Fold | Code


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands above the text.

    Parameters
    ----------
    page
        Whether it takes a page of its own, followed by a table of contents; a short document begins at once.
    """

    title: str
    subtitle: str
    park: str
    period: str
    packs: tuple[str, ...]
    label: str = ""
    lines: tuple[str, ...] = ()
    page: bool = True


@dataclass(frozen=True)
class Document:
    """A whole document in one language.

    Parameters
    ----------
    landscape
        Whether its pages lie on their side, for a table of many columns.
    """

    lang: str
    cover: Cover
    blocks: tuple[Block, ...] = field(default=())
    landscape: bool = False

    def headings(self, deepest: int = 2) -> list[Heading]:
        """Headings for a table of contents."""
        return [b for b in self.blocks if isinstance(b, Heading) and b.level <= deepest]

    def tables(self) -> Iterable[Table]:
        """All tables, those inside folds included."""
        return _tables(self.blocks)


def _tables(blocks: Iterable[Block]) -> Iterable[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Fold):
            yield from _tables(block.blocks)
