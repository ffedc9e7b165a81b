"""admit: the officer on the phone."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.clock import booked, moment, who
from ecopark.cli.output import complain, guarded, known_format, language, report_problems, say
from ecopark.errors import EcoparkError

if TYPE_CHECKING:
    from ecopark.admission.decision import Decision
    from ecopark.workflows.admit_project import Kept
    from ecopark.workflows.book_quotas import LedgerAddress

FORMATS = ("text", "json", "html", "docx")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("admit")(admit)


@guarded
def admit(
    projects: list[Path] = typer.Argument(
        None,
        metavar="PROJECT...",
        help="JSON, YAML or the filled Excel form; a table (.parquet, .csv, .jsonl) or folder of many; several: --together.",
    ),
    policy: str = typer.Option("", "--policy", "-p", help="Id of a policy, or its directory."),
    park: Path | None = typer.Option(None, "--park", help="Park folder: its map, its own rules, its ledger."),
    on: str | None = typer.Option(None, "--on", help="Day of the decision, 2026-11-21 (default: today)."),
    format: str = typer.Option("text", "--format", help="text, json, html or docx."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en (default: as the environment says)."),
    weights: list[str] = typer.Option([], "--weights", help="QUANTITY=WEIGHT[,...]: what a relative change costs."),
    fix: list[str] = typer.Option([], "--fix", help="QUANTITY that the counter-offer must not change; repeat."),
    span: list[str] = typer.Option(
        [], "--range", help="QUANTITY=LEAST..GREATEST of the counter-offer; an end may be open."
    ),
    out: Path | None = typer.Option(None, "--out", help="Write to this file instead of stdout."),
    record: bool = typer.Option(False, "--record", help="Keep the decision in the park's register."),
    by: str = typer.Option("", "--by", help="Who decides; kept in the register and the ledger."),
    ledger: str | None = typer.Option(
        None, "--ledger", help="Quota ledger: a file, or postgresql://... (default: the park's own)."
    ),
    ledger_place: str | None = typer.Option(None, "--ledger-place", help="Whose accounts in it (default: park)."),
    book: bool = typer.Option(False, "--book", help="Reserve in the ledger what an admitted project needs."),
    until: str | None = typer.Option(None, "--until", help="With --book: last day of the reservations."),
    together: bool = typer.Option(
        False, "--together", help="Which of the PROJECTs (files or folders) use the remaining quotas best."
    ),
    value: str = typer.Option("tax_paid_10k_cny", "--value", help="With --together: quantity to make largest."),
    form: Path | None = typer.Option(None, "--form", help="Write the empty Excel form for a project, and leave."),
) -> None:
    """May this project come in, why not, and what would make it a yes? 项目准入判定。"""
    from ecopark.workflows import admit_many, admit_project
    from ecopark.workflows.book_quotas import ledger_address

    lang = language(lang)
    known_format(format, FORMATS)
    if form is not None:
        _write_form(form, park, projects, lang)
        return
    if not policy:
        raise EcoparkError(
            "--policy is missing: the id of a policy, or its directory", zh="缺少 --policy：政策的编号或目录"
        )
    if record and park is None:
        raise EcoparkError(
            "--record needs --park: the register lies in the park folder",
            zh="--record 须与 --park 同用：登记簿在园区文件夹中",
        )
    address = ledger_address(park, ledger, ledger_place)
    if together:
        _together(projects or [], policy, park, on, address, value, format, lang, out)
        return
    if not projects or len(projects) > 1:
        raise EcoparkError("give one PROJECT; several need --together", zh="请给出一个项目；多个项目须用 --together")
    if admit_many.is_table(projects[0]):
        if record or book:
            en = "a table of projects is screened, nothing is recorded or booked: admit each by itself"
            raise EcoparkError(en, zh="项目清单只作筛查，不登记也不占用指标：请逐个办理")
        _screen(projects[0], policy, park, on, address, format, lang, out)
        return
    ends = _ends(book, until, address)
    decision = admit_project.admit(
        projects[0], policy, park=park, on=on, weights=_weights(weights), fix=fix, ranges=_ranges(span), ledger=address
    )
    report_problems(decision.warnings, lang)
    kept = None
    if ends is not None and address is not None:
        kept = admit_project.book_and_record(
            decision, address, park if record else None, until=ends, by=who(by), at=booked(None)
        )
    elif record and park is not None:
        kept = admit_project.Kept((), admit_project.record(decision, park, by=by))
    _print(decision, kept, format, lang, out)
    if kept is not None and kept.entry is not None:
        number = kept.entry.number
        complain(f"登记第 {number} 号" if lang == "zh" else f"kept as entry {number} of the register")


def _ends(book: bool, until: str | None, address: LedgerAddress | None) -> datetime | None:
    """When the reservations of `--book` end; None where nothing is booked."""
    if not book:
        if until is not None:
            raise EcoparkError("--until goes with --book", zh="--until 须与 --book 同用")
        return None
    if until is None:
        raise EcoparkError(
            "--book needs --until: the last day of the reservations", zh="--book 须给出 --until：预留的最后一日"
        )
    if address is None:
        raise EcoparkError(
            "--book needs a ledger: --ledger, or a park folder that has one",
            zh="--book 需要台账：--ledger，或有台账的园区文件夹",
        )
    return moment(until, "--until", end=True)


def _write_form(form: Path, park: Path | None, projects: list[Path] | None, lang: str) -> None:
    from ecopark.workflows.admit_project import write_project_form

    if projects:
        raise EcoparkError("--form writes an empty form and takes no PROJECT", zh="--form 只写空白表，不带项目")
    write_project_form(form, park=park)
    complain(("已写入 " if lang == "zh" else "wrote ") + str(form))


def _together(
    projects: list[Path],
    policy: str,
    park: Path | None,
    on: str | None,
    ledger: LedgerAddress | None,
    value: str,
    format: str,
    lang: str,
    out: Path | None,
) -> None:
    from ecopark.workflows import admit_project
    from ecopark.workflows.tell_decision import choice_text

    if format not in ("text", "json"):
        raise EcoparkError("--together is written as text or json", zh="--together 只能写成 text 或 json")
    files = admit_project.project_files(projects)
    choice = admit_project.admit_together(files, policy, value=value, park=park, on=on, ledger=ledger)
    names = [str(f) for f in files]
    text = json.dumps({**choice.to_dict(), "files": names}, ensure_ascii=False, indent=1)
    _write(text if format == "json" else choice_text(choice, lang), lang, out)


def _screen(
    table: Path,
    policy: str,
    park: Path | None,
    on: str | None,
    ledger: LedgerAddress | None,
    format: str,
    lang: str,
    out: Path | None,
) -> None:
    from ecopark.workflows import admit_many

    if format not in ("text", "json"):
        en = "many projects are written as text or json, or with --out FILE.parquet, .csv or .json"
        raise EcoparkError(en, zh="多个项目的结果为 text 或 json，或用 --out 写为 .parquet、.csv、.json")
    if out is not None:
        admit_many.check_ending(out)
    found = admit_many.admit_many(table, policy, park=park, on=on, ledger=ledger)
    report_problems(found.warnings, lang)
    for name, problems in found.problems.items():
        for problem in problems:
            complain(f"{name}: {problem.message(lang)}")
    if out is not None:
        for path in found.write(out):
            complain(("已写入 " if lang == "zh" else "wrote ") + str(path))
    if format == "json" and out is None:
        say(json.dumps(found.to_list(), ensure_ascii=False, indent=1))
    else:
        say(admit_many.screening_text(found, lang))


def _weights(given: list[str]) -> dict[str, str]:
    return _named(given, "--weights", "QUANTITY=WEIGHT", "数据项=权重")


def _ranges(given: list[str]) -> dict[str, tuple[str | None, str | None]]:
    form = ("--range", "QUANTITY=LEAST..GREATEST", "数据项=下限..上限")
    found = {}
    for name, span in _named(given, *form).items():
        low, dots, high = (part.strip() for part in span.partition(".."))
        if not dots or not (low or high):
            raise _not_so(f"{name}={span}", *form)
        found[name] = (low or None, high or None)
    return found


def _named(given: list[str], option: str, form: str, form_zh: str) -> dict[str, str]:
    found = {}
    for piece in (p for text in given for p in text.split(",") if p.strip()):
        name, equals, value = piece.partition("=")
        if not equals or not name.strip():
            raise _not_so(piece, option, form, form_zh)
        found[name.strip()] = value.strip()
    return found


def _not_so(piece: str, option: str, form: str, form_zh: str) -> EcoparkError:
    return EcoparkError(f"{option} takes {form}, not '{piece}'", zh=f"{option} 应为“{form_zh}”，而不是“{piece}”")


def _print(decision: Decision, kept: Kept | None, format: str, lang: str, out: Path | None) -> None:
    from ecopark.workflows import tell_decision, write_minutes
    from ecopark.workflows.admit_project import decision_json

    if format == "docx":
        data = write_minutes.minutes_word(decision, lang, kept)
        if out is not None:
            out.write_bytes(data)
            complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
        elif sys.stdout.isatty():
            raise EcoparkError(
                "--format docx needs --out FILE.docx, or a redirected output",
                zh="--format docx 须给出 --out FILE.docx，或重定向输出",
            )
        else:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    elif format == "json":
        _write(decision_json(decision), lang, out)
    elif format == "html":
        _write(write_minutes.minutes_html(decision, lang, kept), lang, out)
    else:
        _write(tell_decision.decision_text(decision, lang, kept), lang, out)


def _write(text: str, lang: str, out: Path | None) -> None:
    if out is None:
        say(text)
        return
    out.write_text(text + "\n", encoding="utf-8")
    complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
