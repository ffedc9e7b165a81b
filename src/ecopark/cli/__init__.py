"""The `ecopark` command. What it is made of is loaded inside `run`, so that Ctrl-C while it loads is one line as well."""

from __future__ import annotations

import sys


def run() -> None:
    """Entry point of the command."""
    try:
        from ecopark.cli.main import run as command

        command()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted / 已中断\n")
        raise SystemExit(130) from None
