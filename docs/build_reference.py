"""Write `docs/reference/`, the table of functions and the list of identifiers from the sources.

    python docs/build_reference.py            write the pages
    python docs/build_reference.py --check    write nothing; exit 1 if a page is out of date

A page is never edited by hand: change the catalogue, the pack or the docstring it comes from, and run this again.
`tests/docs` compares the pages with what this makes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SOURCES = DOCS.parent / "src" / "ecopark"
HEAD = "<!-- Made by docs/build_reference.py. Do not edit. -->\n\n"


# -- pieces ------------------------------------------------------------------------------------------------------------


def cell(text: object) -> str:
    """A text that may stand in a table."""
    return " ".join(str(text).replace("|", "\\|").split())


def code(text: str) -> str:
    """A text in code type, or a dash."""
    return f"`{text.replace('|', chr(92) + '|')}`" if text else "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value: object) -> str:
    """An exact number as a decimal text; empty for None."""
    from fractions import Fraction

    from ecopark.core.rounding import decimal_text

    return "" if value is None else decimal_text(value) if isinstance(value, Fraction) else str(value)


# -- quantities and indicators -----------------------------------------------------------------------------------------


def quantities() -> str:
    """Every quantity of the catalogue, by theme, and the lists of codes."""
    from ecopark.observations.quantity import catalogue

    known = catalogue()
    page = [
        HEAD + "# Quantities\n\n",
        f"{len(known.quantities)} quantities. A figure is reported under one of these ids (or one of its aliases); see "
        "[facts](../concepts/facts.md). *Over time* and *roll-up* say how it adds up over months and over firms. *Range* is "
        "what is plausible: outside it there is a warning, never a refusal. An empty unit belongs to a flag, a code or a "
        "text.\n\n",
        "Themes: " + ", ".join(f"[{t.label.en} {t.label.zh}](#{t.id})" for t in known.themes.values()) + ". ",
        "[Codes of breakdowns](#codes-of-breakdowns).\n\n",
    ]
    for theme in known.themes.values():
        rows = []
        for q in (q for q in known.quantities.values() if q.theme == theme.id):
            names = code(q.id) + "".join(f"<br>also {code(a)}" for a in q.aliases)
            low, high = number(q.low), number(q.high)
            extra = [f"computed: {code(q.formula)}"] if q.formula else []
            if q.codes:
                extra.append("codes: " + ", ".join(code(c.id) for c in q.codes))
            if q.constant_price:
                extra.append("constant prices")
            definition = " · ".join(t for t in (q.definition.zh, q.definition.en) if t)
            about = "<br>".join([cell(definition), *extra] if definition else extra)
            department = known.departments.get(q.department)
            rows.append((
                names, f"{cell(q.label.zh)}<br>{cell(q.label.en)}", code(q.unit), q.kind, q.over_time or "-", q.rollup or "-",
                ", ".join(q.breakdowns) or "-", f"{low} ... {high}" if low or high else "-",
                cell(department.zh) if department else "-", about or "-",
            ))  # fmt: skip
        head = ("id", "name", "unit", "kind", "over time", "roll-up", "by", "range", "department", "definition")
        page.append(f'<a id="{theme.id}"></a>\n\n## {theme.label.en} {theme.label.zh}\n\n' + table(head, rows) + "\n")
    page.append(
        "## Codes of breakdowns\n\nA *closed* list needs every required code, zeros typed. An *open* list is complete "
        "with one row.\n"
    )
    for b in known.breakdowns.values():
        rows = [
            (code(f"{b.dimension}={c.id}"), cell(c.label.zh), cell(c.label.en), code(c.unit), need)
            for c in b.codes
            for need in ("yes" if c.id in b.required else "-",)
        ]
        kind = "closed" if b.closed else "open"
        page.append(
            f"\n### {b.label.en} {b.label.zh}: `{b.id}`, {kind}\n\n"
            + table(("by", "zh", "en", "unit", "required"), rows)
        )
    page.append(
        "\n## Parts and wholes\n\nThe part can never exceed the whole; `ecopark check` warns where it does.\n\n"
    )
    page.append(table(("part", "whole"), [(code(a), code(b)) for a, b in known.identities]))
    return "".join(page)


def indicator_page() -> str:
    """Every shared indicator."""
    from ecopark.indicators.catalogue import indicators

    found = indicators()
    used = clauses_by_indicator()
    page = [
        HEAD + "# Indicators\n\n",
        f"{len(found)} shared indicators. A clause that names one uses its formula; a published rate may be reported under "
        "its id, see [where figures come from](../concepts/where-figures-come-from.md). Formulas give the plain ratio; the "
        "unit says how it is shown.\n",
    ]
    for theme in dict.fromkeys(i.theme for i in found.values()):
        rows = [
            (
                code(i.id), f"{cell(i.label.zh)}<br>{cell(i.label.en)}", code(i.unit), i.direction, code(i.formula),
                ", ".join(code(c) for c in used.get(i.id, ())) or "-",
            )
            for i in found.values() if i.theme == theme
        ]  # fmt: skip
        head = ("id", "name", "unit", "better", "formula", "used by")
        page.append(f"\n## {theme}\n\n" + table(head, rows))
    return "".join(page)


def clauses_by_indicator() -> dict[str, list[str]]:
    """Ids of the clauses that use each shared indicator."""
    from ecopark.packs.load import find_pack, shipped_ids

    used: dict[str, list[str]] = {}
    for name in shipped_ids():
        for clause in find_pack(name).clauses:
            if clause.indicator:
                used.setdefault(clause.indicator, []).append(clause.id)
    return used


# -- packs -------------------------------------------------------------------------------------------------------------


def packs() -> str:
    """Every pack with every clause, its limit and its basis."""
    from ecopark.packs.load import find_pack, shipped_ids
    from ecopark.standards.cases import load_cases

    found = [find_pack(name) for name in shipped_ids()]
    page = [
        HEAD + "# Packs\n\n",
        "One standard or policy each, as data in our own words. No pack is the official text. *Basis* says how a limit, a "
        "name and a formula are known: `seen` in a source, `inferred`, `recalled`. See "
        "[basis and verification](../concepts/basis-and-verification.md).\n\n",
    ]
    rows = []
    for pack in found:
        basis = [c.basis.overall for c in pack.clauses]
        known = "/".join(str(basis.count(b)) for b in ("seen", "inferred", "recalled"))
        rows.append((f"[`{pack.id}`](#{pack.id})", f"{cell(pack.title.zh)}<br>{cell(pack.title.en)}", pack.status,
                     str(len(pack.clauses)), known, str(len(load_cases(pack)))))  # fmt: skip
    page.append(table(("id", "title", "status", "clauses", "seen/inferred/recalled", "cases"), rows))
    page += [_pack(pack) for pack in found]
    return "".join(page)


def _pack(pack: object) -> str:
    from ecopark.packs.model import Pack

    assert isinstance(pack, Pack)
    out = [f'\n<a id="{pack.id}"></a>\n\n## {pack.id}\n\n{pack.title.zh} · {pack.title.en}\n\n']
    force = " to ".join(t for t in (pack.in_force_from, pack.in_force_until) if t)
    facts = [
        ("number", pack.number), ("issuer", " · ".join(t for t in (pack.issuer.zh, pack.issuer.en) if t)),
        ("in force", f"from {force}" if force else ""), ("supersedes", ", ".join(pack.supersedes)),
        ("superseded by", pack.superseded_by), ("status", pack.status),
    ]  # fmt: skip
    out.append("".join(f"- {name}: {text}\n" for name, text in facts if text))
    if pack.warning:
        out.append(f"\n> {cell(pack.warning.zh)}\n>\n> {cell(pack.warning.en)}\n")
    rules = [f"- verdict: `{r.name}` {_settings(r.settings)} ({r.basis}) {cell(r.text.en)}" for r in pack.verdict]
    if pack.score is not None:
        r = pack.score
        rules.append(f"- score: `{r.name}` {_settings(r.settings)} ({r.basis}) {cell(r.text.en)}")
    if not pack.verdict:
        rules.append("- verdict: none; values are reported and each clause is judged by itself")
    rules += [
        f"- option set `{o.id}`: at least {o.need} of {', '.join(c.split('/')[1] for c in o.clauses)} ({o.basis})"
        for o in pack.option_sets
    ]
    rules += [f"- parameter `{p.id}`, default {code(number(p.default))}: {cell(p.label.en)}" for p in pack.parameters]
    rules += [f"- footnote {f.id}, `{f.rule}` ({f.basis}): {cell(f.text.en)}" for f in pack.footnotes]
    rules += [f"- factor `{f.id}` = {number(f.value)} {f.unit}: {cell(f.source)}" for f in pack.factors]
    out.append(
        "\n"
        + "\n".join(" ".join(r.split()) if not r.startswith("- ") else "- " + " ".join(r[2:].split()) for r in rules)
        + "\n\n"
    )
    rows = []
    for c in pack.clauses:
        b = c.basis
        limit = "<br>".join(_limit(case) for case in c.limits) or "-"
        if c.benchmark is not None:
            limit = f"benchmark {number(c.benchmark)}" + ("" if limit == "-" else f"<br>{limit}")
        rows.append((
            code(c.tail), f"{cell(c.label.zh)}<br>{cell(c.label.en)}", c.kind, code(c.indicator or c.formula), code(c.unit),
            limit, f"{b.limit} / {b.name} / {b.formula}",
        ))  # fmt: skip
    head = ("clause", "name", "kind", "formula or indicator", "unit", "limit", "basis of limit / name / formula")
    out.append(table(head, rows))
    if pack.sources:
        out.append("\nSources: " + ", ".join(cell(s) for s in pack.sources) + "\n")
    return "".join(out)


def _settings(settings: tuple[tuple[str, object], ...]) -> str:
    def text(value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)

    return "; ".join(f"{k}: {text(v)}" for k, v in settings)


def _limit(case: object) -> str:
    from ecopark.packs.model import LimitCase

    assert isinstance(case, LimitCase)
    if case.require is None:
        text = f"no limit: {cell(case.reason.en)}"
    else:
        value = case.require.value
        shown = str(value).lower() if isinstance(value, bool) else number(value) or code(case.require.formula)
        text = f"`{case.require.op} {shown.strip('`')}`"
        if case.require.partly is not None:
            text += f" (partly: {number(case.require.partly)})"
    if case.when:
        text += f" when {code(case.when)}"
    if case.since is not None or case.until is not None:
        text += f" ({case.since or ''}-{case.until or ''})"
    return text


# -- functions ---------------------------------------------------------------------------------------------------------


def function_table() -> str:
    """The functions of the formula language."""
    from ecopark.expr.functions import FUNCTIONS

    lookups = {"part", "total", "sum_firms", "all_within", "sum_product", "sum_with_factor", "factor"}
    rules = {
        "same": "all arguments and the result share a unit",
        "number": "a pure number in and out",
        "first": "that of the first argument",
        "flag": "yes/no",
    }
    rows = []
    for name, f in FUNCTIONS.items():
        kind = "lookup" if name in lookups else "composed" if f.expand else "elementary"
        unit = rules.get(f.unit) or ("that of what it looks up" if kind == "lookup" else "follows from its parts")
        rows.append((code(f.signature), cell(f.help), kind, unit))
    return table(("function", "gives", "kind", "unit"), rows)


def functions() -> str:
    """The page of functions."""
    return (
        HEAD
        + "# Functions\n\nThe functions of the [formula language](../concepts/formula-language.md). *Elementary* ones "
        "declare their traced, columnar, bounded and exported forms; *composed* ones stand for a formula of others; "
        "*lookups* name something in the facts.\n\n" + function_table()
    )


# -- commands ----------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command of the command line with its arguments and options."""
    page = [
        HEAD + "# Commands\n\nExit codes: 0 done, whatever the verdict; 2 the input cannot be used (every problem on "
        "stderr with its place, nothing written). FACTS is a park folder or one file (csv, xlsx, parquet).\n"
    ]
    for path, command in walk_commands():
        usage = " ".join([*path, *(_usage(p) for p in command.params if not p.hidden_parameter)])
        page.append(f"\n## {' '.join(path)}\n\n{cell(command.help)}\n\n    {usage}\n\n")
        rows = [(code(p.names), cell(p.help) or "-", cell(p.default)) for p in command.params if not p.hidden_parameter]
        if rows:
            page.append(table(("argument or option", "meaning", "default"), rows))
    return "".join(page)


@dataclass
class Parameter:
    """An argument or option of a command."""

    names: str
    usage: str
    help: str
    default: str
    options: tuple[str, ...] = ()
    hidden_parameter: bool = False


@dataclass
class Command:
    """A command of the command line."""

    help: str
    params: list[Parameter] = field(default_factory=list)


def _usage(parameter: Parameter) -> str:
    return parameter.usage


def walk_commands() -> Iterator[tuple[tuple[str, ...], Command]]:
    """Every command with its path, in the order of the help page."""
    import typer.main

    from ecopark.cli.main import app

    yield from _walk(("ecopark",), typer.main.get_command(app))


def _walk(path: tuple[str, ...], command: object) -> Iterator[tuple[tuple[str, ...], Command]]:
    inner = getattr(command, "commands", None)
    yield path, Command(_help(command), [_parameter(p) for p in command.params])  # type: ignore[attr-defined]
    for name, sub in (inner or {}).items():
        if not sub.hidden:
            yield from _walk((*path, name), sub)


def _help(command: object) -> str:
    return " ".join(str(getattr(command, "help", "") or "").split())


def _parameter(p: object) -> Parameter:
    required, multiple = bool(p.required), bool(p.multiple or p.nargs == -1)  # type: ignore[attr-defined]
    default = p.default  # type: ignore[attr-defined]
    shown = "" if default in (None, "", False, (), []) or callable(default) else str(default)
    text = " ".join((getattr(p, "help", "") or "").split())
    if p.param_type_name == "argument":  # type: ignore[attr-defined]
        name = (getattr(p, "metavar", None) or p.name).strip("[].").upper()  # type: ignore[attr-defined]
        dots = " ..." if multiple else ""
        return Parameter(
            name, f"{name}{dots}" if required else f"[{name}{dots}]", text, "required" if required else shown or "-"
        )
    names = tuple(sorted(p.opts, key=len, reverse=True))  # type: ignore[attr-defined]
    negative = tuple(getattr(p, "secondary_opts", ()))
    value = "" if p.is_flag else f" {str(p.name).strip('_').upper()}"  # type: ignore[attr-defined]
    usage = f"{names[0]}{value}" + (" ..." if multiple else "")
    shown_names = ", ".join([*names, *negative]) + value
    usage = usage if required else f"[{usage}]"
    every = (*names, *negative)
    return Parameter(shown_names, usage, text, "required" if required else shown or "-", every, "--help" in names)


# -- problems ----------------------------------------------------------------------------------------------------------

CALLS = {"Problem", "Finding", "problem", "_problem", "_input"}
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


MEANINGS = {
    "django-check": "what a check of Django says, with its own id, words and hint",
    "bad-case-rules": "the kinds, severities or clocks of cases in the data of `casework` do not fit together",
    "formula": "a formula cannot be read, names something unknown, or its units do not fit",
    "unreadable-number": "the value is no number (no flag, no code of the list)",
    "case-fails": "a worked case of the pack gives another result than it expects",
    "bad-task": "a task that is sent cannot be made: no such department or programme, its day before its start, or no number",
    "bad-cutoffs": "the cut-offs of a grading method do not rise, do not end, or name a class that does not exist",
    "ledger-ratio": "a replacement ratio of a quota cannot be read",
    "rate-differs": "a rate that was given differs from the one computed from its inputs",
}
"""For codes whose messages are put together elsewhere."""


@dataclass
class ProblemCode:
    """A code of `Problem`, what its message says and where it is raised."""

    messages: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    severities: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)


def problem_codes() -> dict[str, ProblemCode]:
    """Every problem code that the sources can raise, found in their syntax trees."""
    found: dict[str, ProblemCode] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        module = path.relative_to(SOURCES).with_suffix("").as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in ast.walk(tree):
            if not isinstance(scope, ast.FunctionDef | ast.Module):
                continue
            for node in _own(scope):
                if not isinstance(node, ast.Call | ast.Tuple):
                    continue
                if (made := _raised(node, _assigned(scope, node.lineno), module)) is None:
                    continue
                name, message, repair, severity = made
                entry = found.setdefault(name, ProblemCode())
                for texts, text in ((entry.messages, message), (entry.repairs, repair)):
                    if text and text not in texts:
                        texts.append(text)
                entry.severities.add(severity)
                entry.modules.add(module)
    return dict(sorted(found.items()))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function (or module) without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef):
            continue
        yield child
        yield from _own(child)


def _assigned(scope: ast.AST, before: int) -> dict[str, ast.expr]:
    """What each name of a function was last set to before a line."""
    names: dict[str, ast.expr] = {}
    for node in sorted((n for n in _own(scope) if isinstance(n, ast.Assign)), key=lambda n: n.lineno):
        if len(node.targets) != 1 or node.lineno > before:
            continue
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            names |= {t.id: v for t, v in zip(target.elts, value.elts, strict=True) if isinstance(t, ast.Name)}
    return names


def _raised(node: ast.AST, names: dict[str, ast.expr], module: str) -> tuple[str, str, str, str] | None:
    """Code, message, repair and severity of a call that makes a problem; None for anything else."""
    if isinstance(node, ast.Call):
        function = node.func
        name = (
            function.id
            if isinstance(function, ast.Name)
            else function.attr
            if isinstance(function, ast.Attribute)
            else ""
        )
        if name not in CALLS:
            return None
        arguments = list(node.args)
        keywords = {k.arg: k.value for k in node.keywords}
        if "code" in keywords:
            arguments.insert(0, keywords["code"])
    elif isinstance(node, ast.Tuple) and module.startswith("observations/readers") and len(node.elts) == 3:
        arguments, keywords = list(node.elts), {}
        texts = [_text(e, names) for e in arguments]
        if not (CJK.search(texts[1]) and texts[2]):
            return None
    else:
        return None
    at = next((i for i, a in enumerate(arguments[:2]) if _is_code(a)), None)
    if at is None:
        return None
    texts = [t for a in arguments[at + 1 :] if (t := _text(a, names))]
    texts += [t for key in ("en", "repair_en") if key in keywords and (t := _text(keywords[key], names))]
    severity = _text(keywords["severity"], names) if "severity" in keywords else ""
    if "warning" in texts:
        texts.remove("warning")
        severity = "warning"
    english = [t for t in texts if not CJK.search(t) and t.strip("… .") and t not in ("error", "warning")]
    return (
        str(arguments[at].value),  # type: ignore[attr-defined]
        english[0] if english else "",
        english[1] if len(english) > 1 else "",
        severity if severity in ("warning", "error") else "error" if not severity else "error or warning",
    )


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(CODE.fullmatch(node.value))


def _text(node: ast.expr, names: dict[str, ast.expr], depth: int = 0) -> str:
    """What is fixed of a text expression, ``…`` for what is filled in."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values):
            return "".join(v.value if isinstance(v, ast.Constant) else "…" for v in values)
        case ast.Name(id=name) if name in names and depth < 3:
            return _text(names[name], names, depth + 1)
        case ast.Name():
            return "…"
        case ast.Call(ast.Attribute(value, "strip" | "lstrip" | "replace")):
            return _text(value, names, depth)
        case ast.IfExp(_, body, orelse):
            return _text(body, names, depth) or _text(orelse, names, depth)
    return ""


def problems() -> str:
    """Every problem code with what its message says."""
    areas = {
        "observations": "Facts and park folders",
        "packs": "Packs",
        "standards": "Packs",
        "workflows": "What was asked for",
        "cli": "What was asked for",
        "reports": "Reports",
        "examples": "The invented park",
        "web": "The site",
    }
    groups: dict[str, list[tuple[str, ProblemCode]]] = {}
    for name, entry in problem_codes().items():
        first = sorted(entry.modules)[0].split("/")[0]
        groups.setdefault(areas.get(first, "Other"), []).append((name, entry))
    page = [
        HEAD + "# Problems\n\nWhat `ecopark` can find wrong, by its stable code (the `code` of `ecopark check --format "
        "json`). `…` stands for what is filled in. An *error* stops with exit code 2 unless `--set-aside` leaves the row "
        "out; a *warning* never stops anything.\n"
    ]
    for area, entries in groups.items():
        rows = []
        for name, entry in entries:
            messages = [MEANINGS[name]] if name in MEANINGS else entry.messages[:3]
            repairs = [r for r in entry.repairs if r not in entry.messages]
            rows.append((code(name), " / ".join(sorted(entry.severities)), "<br>".join(map(cell, messages)) or "-",
                         "<br>".join(map(cell, repairs[:2])) or "-"))  # fmt: skip
        page.append(f"\n## {area}\n\n" + table(("code", "severity", "message", "what to do"), rows))
    return "".join(page).replace("<sheet", "&lt;sheet")


# -- parts of hand-written pages ---------------------------------------------------------------------------------------


def identifiers() -> str:
    """Identifiers with their Chinese label and unit, for the glossary."""
    from ecopark.indicators.catalogue import indicators
    from ecopark.observations.quantity import catalogue

    rows = [(code(q.id), cell(q.label.zh), cell(q.label.en), code(q.unit)) for q in catalogue().quantities.values()]
    rows += [(code(i.id), cell(i.label.zh), cell(i.label.en), code(i.unit)) for i in indicators().values()]
    return table(("identifier", "zh", "en", "unit"), sorted(rows))


def _replaced(path: Path, mark: str, text: str) -> str:
    """A page with the part between ``<!-- mark:begin -->`` and ``<!-- mark:end -->`` made anew."""
    begin, end = f"<!-- {mark}:begin -->\n", f"<!-- {mark}:end -->"
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{path}: no '{begin.strip()}' ... '{end}'")
    return before + begin + text + end + after


def pages() -> dict[Path, str]:
    """Every page that is made, by its path."""
    reference = DOCS / "reference"
    return {
        reference / "quantities.md": quantities(),
        reference / "indicators.md": indicator_page(),
        reference / "packs.md": packs(),
        reference / "functions.md": functions(),
        reference / "commands.md": commands(),
        reference / "problems.md": problems(),
        DOCS / "concepts" / "formula-language.md": _replaced(
            DOCS / "concepts" / "formula-language.md", "functions", function_table()
        ),
        DOCS / "glossary.md": _replaced(DOCS / "glossary.md", "identifiers", identifiers()),
    }


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    for path, text in pages().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    for path in stale:
        print(("out of date: " if "--check" in arguments else "wrote ") + str(path.relative_to(DOCS.parent)))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
