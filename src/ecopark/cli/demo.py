"""demo: everything on the invented park and the five real zones, in half a minute; then the site to walk through."""

from __future__ import annotations

from pathlib import Path

import typer

from ecopark.cli.output import columns, guarded, language, progress, say
from ecopark.cli.parks import LANG
from ecopark.cli.site import BROWSER, PORT, start

MOST_FIRMS = 20_000
"""Beyond it the park's table of figures is larger than what is read at once (`observations.readers.table.Limits`)."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("demo")(demo)


@guarded
def demo(
    directory: Path = typer.Argument(Path("ecopark-demo"), metavar="[DIR]", help="Where the results go."),
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Start the demonstration site."),
    firms: int = typer.Option(
        50,
        "--firms",
        min=30,
        max=MOST_FIRMS,
        help="How many firms the invented park has. About a minute for each 2,000: every figure is read and traced.",
    ),
    port: int = PORT,
    browser: bool = BROWSER,
    lang: str | None = LANG,
) -> None:
    """Assess the invented park and the five real zones and say where the results lie. 演示。"""
    from ecopark.core.rounding import decimal_text
    from ecopark.reports.verdicts import verdict_words
    from ecopark.standards.result import STATUS_TEXT
    from ecopark.workflows.show_demo import show_demo

    lang = language(lang)
    zh = lang == "zh"
    with progress("demo" if lang == "en" else "演示") as step:
        made = show_demo(directory, firms=firms, lang=lang, step=step)
    head = ("评价标准", "判定", "得分", "条款", "依据") if zh else ("standard", "verdict", "score", "clauses", "basis")
    rows = [head]
    for a in made.assessments:
        score = "-" if a.score is None else decimal_text(a.score, 5)
        counts = a.counts()
        said = ("，" if zh else ", ").join(f"{STATUS_TEXT[k][lang]} {n}" for k, n in counts.items())
        rows.append((a.pack.id, verdict_words(a, lang), score, said, a.basis(lang)))
    first = made.assessments[0]
    say(f"{first.subject_name}  {first.period}")
    say(columns(rows))
    say()
    say(made.story[lang])
    for text in made.gate.told():
        say()
        say(text[lang])
    say()
    say("结果在：" if zh else "Results:")
    say(f"  {made.park}" + ("  园区文件夹" if zh else "  the park folder"))
    for path in made.written:
        say(f"  {path}")
    if serve:
        say()
        start(
            "demo", directory / "site", "--firms", str(firms), "--port", str(port),
            *([] if browser else ["--no-browser"]), lang=lang,
        )  # fmt: skip
