"""The build hook: built when the sources changed, skipped when they did not, and a clear word when npm is out of reach."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path, hook: ModuleType) -> Path:
    for name, text in (("ui/package.json", "{}"), ("ui/src/main.js", "1;\n"), ("static/built/main.js", "1;")):
        path = tmp_path / hook.WEB / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / hook.FONTS).mkdir(parents=True)
    mark = {"sources": hook.fingerprint(tmp_path), "files": ["main.js"]}
    (tmp_path / hook.WEB / "static/built/build.json").write_text(json.dumps(mark))
    return tmp_path


def test_pages_of_the_same_sources_are_not_built_again(hook: ModuleType, tree: Path) -> None:
    assert hook.up_to_date(tree)


def test_a_changed_source_is_built_again(hook: ModuleType, tree: Path) -> None:
    (tree / hook.WEB / "ui/src/main.js").write_text("2;\n")
    assert not hook.up_to_date(tree)


def test_a_renamed_source_is_built_again(hook: ModuleType, tree: Path) -> None:
    source = tree / hook.WEB / "ui/src/main.js"
    source.rename(source.with_name("other.js"))
    assert not hook.up_to_date(tree)


def test_a_lost_page_is_built_again(hook: ModuleType, tree: Path) -> None:
    (tree / hook.WEB / "static/built/main.js").unlink()
    assert not hook.up_to_date(tree)


def test_a_broken_mark_is_built_again(hook: ModuleType, tree: Path) -> None:
    (tree / hook.WEB / "static/built/build.json").write_text("{")
    assert not hook.up_to_date(tree)


def test_fetched_modules_and_line_ends_are_no_change(hook: ModuleType, tree: Path) -> None:
    module = tree / hook.WEB / "ui/node_modules/vite/index.js"
    module.parent.mkdir(parents=True)
    module.write_text("fetched")
    (tree / hook.WEB / "ui/src/main.js").write_bytes(b"1;\r\n")
    assert hook.up_to_date(tree)


def test_npm_out_of_reach_says_what_to_do_and_leaves_the_old_pages(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def npm(args: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        calls.append(args[0])
        return subprocess.CompletedProcess(
            args, 1, "", "npm error code ECONNREFUSED\nnpm error   at connect (net.js)\n"
        )

    monkeypatch.setattr(hook, "_npm", npm)
    with pytest.raises(hook.PagesError) as caught:
        hook.build(tree)
    assert "ECONNREFUSED" in str(caught.value)
    assert "net.js" not in str(caught.value)
    assert "ECOPARK_NO_UI=1" in str(caught.value)
    assert calls == ["ci"] * hook.NPM_ATTEMPTS
    assert (tree / hook.WEB / "static/built/main.js").is_file()


def test_the_pages_are_put_in_place_with_their_mark(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def npm(args: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        if args[0] == "run":
            made = Path(args[args.index("--out") + 1])
            made.mkdir()
            (made / "charts.js").write_text("made")
        return subprocess.CompletedProcess(args, 0, "", "")

    monkeypatch.setattr(hook, "_npm", npm)
    (tree / hook.WEB / "ui/src/main.js").write_text("3;\n")
    hook.build(tree)
    built = tree / hook.WEB / "static/built"
    assert sorted(p.name for p in built.iterdir()) == ["build.json", "charts.js"]
    assert hook.up_to_date(tree)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "src/ecopark/web/ui/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"] for entry in packages.values())
    assert not [name for name, entry in packages.items() if "resolved" in entry]


@pytest.mark.parametrize(("setting", "stops"), [(None, False), ("0", True)])
def test_without_npm_the_library_is_installed_unless_the_pages_are_asked_for(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch, setting: str | None, stops: bool
) -> None:
    def out_of_reach(root: Path) -> None:
        raise hook.PagesError("npm cannot be reached")

    said: list[str] = []

    class App:
        def display_info(self, text: str) -> None: ...

        def display_waiting(self, text: str) -> None: ...

        def display_warning(self, text: str) -> None:
            said.append(text)

        def abort(self, text: str) -> None:
            raise SystemExit(text)

    (tree / hook.WEB / "ui/src/main.js").write_text("2;\n")
    monkeypatch.setattr(hook, "build", out_of_reach)
    monkeypatch.delenv("ECOPARK_NO_UI", raising=False)
    if setting is not None:
        monkeypatch.setenv("ECOPARK_NO_UI", setting)

    made = hook.PagesHook.__new__(hook.PagesHook)
    monkeypatch.setattr(hook.PagesHook, "root", str(tree), raising=False)
    monkeypatch.setattr(hook.PagesHook, "app", App(), raising=False)
    if stops:
        with pytest.raises(SystemExit, match="npm cannot be reached"):
            made.initialize("standard", {})
    else:
        made.initialize("standard", {})
        assert "npm cannot be reached" in said[0]
