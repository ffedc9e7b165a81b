"""admit: the officer on the phone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import complain, guarded, language, report_problems, say
from ecopark.errors import EcoparkError

if TYPE_CHECKING:
    from ecopark.admission.decision import Decision

FORMATS = ("text", "json", "html", "docx")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("admit")(admit)


@guarded
def admit(
    project: Path = typer.Argument(..., metavar="PROJECT", help="The project: JSON or YAML."),
    policy: str = typer.Option(..., "--policy", "-p", help="Id of a policy, or its directory."),
    park: Path | None = typer.Option(None, "--park", help="Park folder: its map, its own rules, its quotas."),
    on: str | None = typer.Option(None, "--on", help="Day of the decision, 2026-11-21 (default: today)."),
    format: str = typer.Option("text", "--format", help="text, json, html or docx."),
    lang: str | None = typer.Option(None, "--lang", help="zh or en (default: as the environment says)."),
    weights: list[str] = typer.Option([], "--weights", help="QUANTITY=WEIGHT[,...]: what a relative change costs."),
    fix: list[str] = typer.Option([], "--fix", help="QUANTITY that the counter-offer must not change; repeat."),
    out: Path | None = typer.Option(None, "--out", help="Write to this file instead of stdout."),
    record: bool = typer.Option(False, "--record", help="Keep the decision in the park's register."),
    by: str = typer.Option("", "--by", help="Who decides; kept in the register."),
) -> None:
    """May this project come in, why not, and what would make it a yes? 项目准入判定。"""
    from ecopark.workflows import admit_project

    lang = language(lang)
    if format not in FORMATS:
        raise EcoparkError(f"--format is one of {', '.join(FORMATS)}, not '{format}'")
    if record and park is None:
        raise EcoparkError("--record needs --park: the register lies in the park folder")
    decision = admit_project.admit(project, policy, park=park, on=on, weights=_weights(weights), fix=fix)
    report_problems(decision.warnings, lang)
    _print(decision, format, lang, out)
    if record and park is not None:
        entry = admit_project.record(decision, park, by=by)
        complain(f"登记第 {entry.number} 号" if lang == "zh" else f"kept as entry {entry.number} of the register")


def _weights(given: list[str]) -> dict[str, str]:
    found = {}
    for piece in (p for text in given for p in text.split(",") if p.strip()):
        name, equals, value = piece.partition("=")
        if not equals or not name.strip():
            raise EcoparkError(f"--weights takes QUANTITY=WEIGHT, not '{piece}'")
        found[name.strip()] = value.strip()
    return found


def _print(decision: Decision, format: str, lang: str, out: Path | None) -> None:
    from ecopark.workflows import write_minutes
    from ecopark.workflows.admit_project import decision_json

    if format == "docx":
        data = write_minutes.minutes_word(decision, lang)
        if out is not None:
            out.write_bytes(data)
        elif sys.stdout.isatty():
            raise EcoparkError("--format docx needs --out FILE.docx, or a redirected output")
        else:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    else:
        if format == "json":
            text = decision_json(decision)
        elif format == "html":
            text = write_minutes.minutes_html(decision, lang)
        else:
            text = write_minutes.decision_text(decision, lang)
        if out is not None:
            out.write_text(text + "\n", encoding="utf-8")
        else:
            say(text)
    if out is not None:
        complain(("已写入 " if lang == "zh" else "wrote ") + str(out))
