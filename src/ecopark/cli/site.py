"""serve, backup, restore: the site, started as a program of its own so that no other command has to load it."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

import typer

from ecopark.cli.output import complain, guarded, language
from ecopark.cli.parks import LANG
from ecopark.core import interrupts

NEEDED = ("django", "ninja", "simple_history", "axes", "django_htmx", "whitenoise", "granian")
DATA = typer.Option(None, "--data", help="Directory of the database, uploads and secret (default: ./ecopark-site).")
HOST = typer.Option("127.0.0.1", "--host", help="Address to listen at; 0.0.0.0 for every one of this machine.")
PORT = typer.Option(8000, "--port", min=1, max=65535, help="Port to listen at.")
ACCEPT = typer.Option(
    [],
    "--accept",
    metavar="CODE",
    help="Start with this danger all the same; its code stands in the report of the start.",
)
BROWSER = typer.Option(True, "--browser/--no-browser", help="Open the browser.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("serve")(serve)
    app.command("backup")(backup)
    app.command("restore")(restore)


@guarded
def serve(
    data: Path | None = DATA,
    host: str = HOST,
    port: int = PORT,
    admin: str = typer.Option("", "--admin", help="Name of the first administrator."),
    browser: bool = BROWSER,
    processes: int = typer.Option(
        0, "--processes", min=0, max=64, help="Web processes (default: one for each processor)."
    ),
    check: bool = typer.Option(False, "--check", help="Only say whether the site may be started as it is set up."),
    accept: list[str] = ACCEPT,
    lang: str | None = LANG,
) -> None:
    """Run the site: one data room for office, firms, consultants and the department above. 启动网站。"""
    more = [*([] if browser else ["--no-browser"]), *(["--check"] if check else [])]
    for code in accept:
        more += ["--accept", code]
    start(
        "serve",
        data,
        "--host",
        host,
        "--port",
        str(port),
        "--admin",
        admin,
        "--processes",
        str(processes),
        *more,
        lang=lang,
    )


@guarded
def backup(
    file: Path = typer.Argument(..., help="The archive to write (.zip)."),
    data: Path | None = DATA,
    lang: str | None = LANG,
) -> None:
    """Write the whole site (database and uploads) into one archive. 备份。"""
    start("backup", data, "--file", str(file), lang=lang)


@guarded
def restore(
    file: Path = typer.Argument(..., help="The archive to read."),
    data: Path | None = DATA,
    lang: str | None = LANG,
) -> None:
    """Bring an archive into an empty site; every answer is then the same. 恢复。"""
    start("restore", data, "--file", str(file), lang=lang)


def missing() -> list[str]:
    """What the site needs and this installation lacks."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def start(action: str, data: Path | None, *more: str, lang: str | None) -> None:
    """Run an action of the site in a process of its own and leave with its exit code.

    Raises
    ------
    typer.Exit
        With the code of the site's process; 2 where the site is not installed.
    """
    if lacking := missing():
        names = ", ".join(lacking)
        complain(
            f"网站部件未安装（缺 {names}）。请运行：pip install 'ecopark[site]'"
            if language(lang) == "zh"
            else f"the site is not installed (lacking {names}). Run: pip install 'ecopark[site]'"
        )
        raise typer.Exit(2)
    command = [sys.executable, "-m", "ecopark.web.run", action, *more, "--lang", language(lang)]
    if data is not None:
        command += ["--data", str(data)]
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with interrupts.held_back():  # it listens once it can tell of it in one line; this one only waits for it
            site = subprocess.Popen(command)
            signal.signal(signal.SIGINT, lambda *_: None)
            signal.signal(signal.SIGTERM, lambda *_: site.terminate())
        code = site.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    raise typer.Exit(code if code >= 0 else 128 - code)
