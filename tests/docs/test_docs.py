"""The documentation says what the program does: pages are up to date, code runs, commands exist, links resolve."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest
import yaml

from ecopark.expr.functions import FUNCTIONS
from ecopark.packs.load import find_pack, shipped_ids

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *(p for n in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (p := ROOT / n).exists())]
)
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

FACTS = """\
subject,quantity,period,value,unit
park,energy_industrial_tce,2023,32000,tce
park,industrial_value_added,2023,80000,10k CNY
"""


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of a page in these languages, indentation taken off."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [
        re.sub(f"^{indent}", "", body, flags=re.MULTILINE) for indent, language, body in found if language in languages
    ]


@cache
def reference() -> ModuleType:
    """docs/build_reference.py as a module."""
    spec = importlib.util.spec_from_file_location("build_reference", DOCS / "build_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_reference"] = module
    spec.loader.exec_module(module)
    return module


# -- reference pages ---------------------------------------------------------------------------------------------------


def test_reference_pages_are_up_to_date() -> None:
    stale = [
        name(p) for p, text in reference().pages().items() if not p.exists() or p.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run python docs/build_reference.py: {', '.join(stale)}"


def test_every_command_and_option_is_documented_and_explained() -> None:
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (ecopark.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    for path, command in reference().walk_commands():
        title = " ".join(path)
        assert title in sections, f"{title} has no section"
        assert command.help, f"{title} says nothing of what it does"
        for parameter in command.params:
            for option in parameter.options:
                assert parameter.hidden_parameter or option in sections[title], f"{title} {option} is not documented"


@pytest.mark.parametrize("page", ["reference/functions.md", "concepts/formula-language.md"])
def test_the_table_of_functions_is_that_of_the_language(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)\(.*?\)` \|.*\| (?:lookup|composed|elementary) \|", text, re.MULTILINE)
    assert named == list(FUNCTIONS)


def test_every_pack_and_every_clause_is_listed() -> None:
    page = (DOCS / "reference" / "packs.md").read_text(encoding="utf-8")
    for pack_id in shipped_ids():
        section = page.split(f'<a id="{pack_id}"></a>')
        assert len(section) == 2, f"{pack_id} is not listed"
        rows = section[1].split("\n<a id=")[0]
        for clause in find_pack(pack_id).clauses:
            assert f"| `{clause.tail}` | {clause.label.zh[:6]}" in rows, f"{clause.id} is not listed"


def test_every_pack_is_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not [p for p in shipped_ids() if f"`{p}`" not in text]


def test_every_problem_code_has_a_message() -> None:
    module = reference()
    silent = [c for c, entry in module.problem_codes().items() if not entry.messages and c not in module.MEANINGS]
    assert not silent, f"no message was found for {silent}: name their meaning in MEANINGS"


def test_verdict_and_score_rules_are_explained() -> None:
    from ecopark.standards.result import STATUSES, VERDICTS
    from ecopark.standards.score import SCORE_RULES
    from ecopark.standards.verdict import VERDICT_RULES

    text = (DOCS / "concepts" / "verdicts-and-scores.md").read_text(encoding="utf-8")
    assert not [word for word in (*STATUSES, *VERDICTS, *SCORE_RULES, *VERDICT_RULES) if f"`{word}`" not in text]


# -- code and commands in pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=name)
def test_python_blocks_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The blocks of a page run one after the other, in a directory that holds a small facts.csv."""
    (tmp_path / "facts.csv").write_text(FACTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "docs"}
    for number, block in enumerate(blocks(page, "python"), 1):
        exec(compile(block, f"{name(page)}, python block {number}", "exec"), space)


def commands_in(page: Path) -> list[str]:
    """The `ecopark` lines of the shell blocks of a page."""
    lines: list[str] = []
    for block in blocks(page, "console", "bash", "sh", "shell"):
        for line in block.replace("\\\n", " ").splitlines():
            text = line.strip().removeprefix("$ ")
            if text.startswith("ecopark "):
                lines.append(text.split(" #")[0])
    return lines


@pytest.mark.parametrize("page", [p for p in PAGES if commands_in(p)], ids=name)
def test_commands_in_pages_exist_with_their_options(page: Path) -> None:
    known = {" ".join(path): command for path, command in reference().walk_commands()}
    for line in commands_in(page):
        words = shlex.split(re.split(r"\s(?:\||&&|>)\s", line)[0])
        path = words[0]
        for word in words[1:3]:
            if f"{path} {word}" in known:
                path = f"{path} {word}"
        rest = words[len(path.split()) :]
        assert path != "ecopark" or rest[:1] in (["--help"], ["--version"]), f"{name(page)}: no such command: {line}"
        assert path in known, f"{name(page)}: no such command: {line}"
        options = {o for p in known[path].params for o in p.options} | {"--help"}
        for word in rest:
            if word.startswith("-") and not word.lstrip("-").isdigit():
                assert word.split("=")[0] in options, f"{name(page)}: {path} has no option {word}"


def test_packs_named_in_commands_exist() -> None:
    mine = {"my-standard-2030", "my-draft"}
    for page in PAGES:
        for line in commands_in(page):
            for pack in re.findall(r"(?:--pack|-p) ([\w.-]+)", line):
                assert pack in shipped_ids() or pack in mine, f"{name(page)}: no such pack: {line}"


def test_clauses_named_in_pages_exist() -> None:
    for page in PAGES:
        for pack, tail in re.findall(
            r"\b(" + "|".join(shipped_ids()) + r")/([a-z]*-?[a-z]*\d+)\b", page.read_text(encoding="utf-8")
        ):
            find_pack(pack).clause(tail)


def test_quantities_named_in_fact_examples_exist() -> None:
    from ecopark.admission.ratios import shared_ratios
    from ecopark.observations.quantity import catalogue

    for page in PAGES:
        for quantity in re.findall(r'"quantity": "(\w+)"', page.read_text(encoding="utf-8")):
            assert quantity in catalogue() or quantity in shared_ratios(), f"{name(page)}: {quantity}"


def test_the_example_standard_passes_its_own_check(tmp_path: Path) -> None:
    from ecopark.packs.load import load_pack
    from ecopark.standards.cases import check_pack, load_cases

    folder = tmp_path / "my-standard-2030"
    (folder / "cases").mkdir(parents=True)
    made = blocks(DOCS / "how-to" / "add-a-standard.md", "yaml")
    for file, text in zip(("pack.yaml", "clauses.yaml", "cases/on-the-limit.yaml"), made, strict=True):
        (folder / file).write_text(text, encoding="utf-8")
    pack = load_pack(folder)
    assert [p.message() for p in check_pack(pack)] == []
    assert len(load_cases(pack)) == 1


def test_the_example_quantity_and_indicator_can_be_read() -> None:
    from ecopark.core.unit import unit
    from ecopark.indicators.resolve import compiled
    from ecopark.observations.quantity import _quantity, catalogue

    [entry] = yaml.safe_load(blocks(DOCS / "how-to" / "add-a-quantity.md", "yaml")[0])
    quantity = _quantity(entry, "buildings_transport")
    assert unit(quantity.unit)
    assert quantity.id not in catalogue()
    assert quantity.department in catalogue().departments
    [entry] = yaml.safe_load(blocks(DOCS / "how-to" / "add-an-indicator.md", "yaml")[0])
    assert compiled(entry["formula"], entry["unit"]).unit_text == entry["unit"]


# -- links -------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """What a link may point to within a page: headings and named places."""
    text = page.read_text(encoding="utf-8")
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for title in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"[`*_]", "", title).lower())
        found.add(plain.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_is_reached_from_start_here() -> None:
    start = DOCS / "start-here.md"
    seen, ahead = {start}, [start]
    while ahead:
        page = ahead.pop()
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link.split("#")[0]).resolve()
            if target.suffix == ".md" and target.exists() and target not in seen:
                seen.add(target)
                ahead.append(target)
    lost = [name(p) for p in DOCS.rglob("*.md") if p not in seen and p.name != "benchmarks.md"]
    assert not lost


def test_the_ten_files_of_start_here_are_ten() -> None:
    text = (DOCS / "start-here.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \| \[", text, re.MULTILINE) == [str(n) for n in range(1, 11)]
