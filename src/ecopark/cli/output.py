"""What the commands share: printing, problems, exit codes, progress.

Exit codes: 0 done, whatever the verdict; 2 the input cannot be used: every problem on stderr with its place, nothing
written.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from ecopark.errors import EcoparkError, InputError, Problem

CANNOT_USE = 2
INTERRUPTED = 130
P = ParamSpec("P")
R = TypeVar("R")


def language(chosen: str | None) -> str:
    """``zh`` or ``en``: as asked, else as the environment says."""
    if chosen in ("zh", "en"):
        return chosen
    if chosen is not None:
        raise EcoparkError(f"--lang is zh or en, not '{chosen}'", zh=f"--lang 应为 zh 或 en，而不是“{chosen}”")
    for name in ("ECOPARK_LANG", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG"):
        if value := os.environ.get(name, ""):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def known_format(format: str, known: Sequence[str] = ("text", "json")) -> None:
    """Whether `--format` is one of those a command has.

    Raises
    ------
    EcoparkError
        It is none of them.
    """
    if format not in known:
        raise EcoparkError(
            f"--format is {' or '.join(known)}, not '{format}'",
            zh=f"--format 应为 {' 或 '.join(known)}，而不是“{format}”",
        )


def say(text: str = "") -> None:
    """A line on stdout."""
    sys.stdout.write(text + "\n")


def complain(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(text + "\n")


def say_json(data: Any) -> None:
    """Data as JSON on stdout, Chinese readable."""
    say(json.dumps(data, ensure_ascii=False, indent=1))


def report_problems(problems: Sequence[Problem], lang: str) -> None:
    """Problems on stderr, errors first, each with place and repair."""
    order = sorted(problems, key=lambda p: p.severity != "error")
    marks = {"zh": ("错误", "提醒"), "en": ("error", "warning")}[lang]
    for problem in order:
        complain(f"{marks[problem.severity != 'error']}: {problem.message(lang)}")
    errors = sum(p.severity == "error" for p in problems)
    if errors:
        text = f"共 {errors} 个错误，未写入任何内容" if lang == "zh" else f"{errors} error(s); nothing was written"
        complain(text)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose input errors become a list of problems on stderr and exit code 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        asked = kwargs.get("lang")
        try:
            return command(*args, **kwargs)
        except InputError as error:
            report_problems(error.problems, _language_or_default(asked))
        except EcoparkError as error:
            complain(error.message(_language_or_default(asked)))
        except BrokenPipeError:
            os._exit(0)
        except OSError as error:
            complain(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
        except KeyboardInterrupt:
            complain("已中断" if _language_or_default(asked) == "zh" else "interrupted")
            raise SystemExit(INTERRUPTED) from None
        raise SystemExit(CANNOT_USE)

    return run


def _language_or_default(asked: object) -> str:
    try:
        return language(asked if isinstance(asked, str) else None)
    except EcoparkError:
        return "en"


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr, shown only when the work takes more than two seconds and a person is watching."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    started = monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=total)

    def step(text: str) -> None:
        if not bar.live.is_started and monotonic() - started > 2:
            bar.start()
        bar.update(task, advance=1, description=f"{title}: {text}")

    try:
        yield step
    finally:
        if bar.live.is_started:
            bar.stop()


def columns(rows: Iterable[Sequence[str]], gap: int = 2) -> str:
    """Rows of texts as aligned columns; Chinese characters count as two. Long cells are cut to fit a terminal."""
    table = [list(row) for row in rows]
    if not table:
        return ""
    if sys.stdout.isatty():
        table = _fitted(table, gap, shutil.get_terminal_size().columns)
    widths = [max(width(row[i]) for row in table if i < len(row)) for i in range(max(map(len, table)))]
    lines = []
    for row in table:
        cells = [cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)]
        lines.append((" " * gap).join(cells).rstrip())
    return "\n".join(lines)


def _fitted(table: list[list[str]], gap: int, room: int) -> list[list[str]]:
    """The table with its widest columns cut until a row fits into `room` columns."""
    count = max(map(len, table))
    widths = [max((width(row[i]) for row in table if i < len(row)), default=0) for i in range(count)]
    while sum(widths) + gap * (count - 1) > room and max(widths) > 12:
        widths[widths.index(max(widths))] -= 1
    return [[_cut(cell, widths[i]) for i, cell in enumerate(row)] for row in table]


def _cut(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    kept = ""
    for c in text:
        if width(kept + c) > room - 1:
            break
        kept += c
    return kept + "…"


def width(text: str) -> int:
    """Columns a text takes on a terminal."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
