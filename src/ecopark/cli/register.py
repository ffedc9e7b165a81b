"""register: every decision of the gate, whether it can be made again, why projects are refused, and what became of promises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import columns, guarded, known_format, language, say, say_json
from ecopark.cli.parks import FORMAT, LANG
from ecopark.errors import InputError, Place, Problem

if TYPE_CHECKING:
    from ecopark.admission.register import Register

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

PARK = typer.Argument(..., metavar="PARK", help="The park folder that the register lies in.")
NUMBER = typer.Argument(..., metavar="NUMBER", help="Number of the entry, as `register list` shows it.")
SIZE_WORDS = {
    "below_10m": ("1000万元以下", "below 10 million CNY"),
    "10m_to_100m": ("1000万元至1亿元", "10 to 100 million CNY"),
    "from_100m": ("1亿元及以上", "100 million CNY and above"),
    "not_given": ("未填投资额", "no investment given"),
}
STATUS_WORDS = {
    "kept": ("兑现", "kept"),
    "short": ("未兑现", "short"),
    "not_due": ("未到期", "not due"),
    "shown": ("仅列示", "shown"),
    "undetermined": ("待定", "undetermined"),
}


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="register", help="The register of decisions: list, reproduce, count, review. 准入登记簿。")


@app.command("list")
@guarded
def list_(park: Path = PARK, lang: str | None = LANG, format: str = FORMAT) -> None:
    """Every decision, oldest first. 登记清单。"""
    from ecopark.admission.wording import VERDICTS

    lang, found = _begin(lang, format), list(_open(park))
    if format == "json":
        keys = ("number", "id", "on", "name", "policy", "policy_hash", "map_hash", "by", "reservations")
        say_json([{k: e.data[k] for k in keys} | {"verdict": e.verdict} for e in found])
        return
    head = ("号", "日期", "编号", "项目", "政策", "判定", "经办") if lang == "zh" else (
        "no.", "day", "id", "project", "policy", "verdict", "by")  # fmt: skip
    rows = [
        (str(e.number), e.on, e.data["id"], e.project, e.policy, VERDICTS[e.verdict][lang], e.by or "-") for e in found
    ]
    say(columns([head, *rows]))


@app.command()
@guarded
def show(park: Path = PARK, number: int = NUMBER, lang: str | None = LANG, format: str = FORMAT) -> None:
    """One decision as it was kept: facts, editions, quota state, findings. 查看一条登记。"""
    from ecopark.admission.wording import STATUS_TEXT, VERDICTS

    lang = _begin(lang, format)
    entry = _open(park).entry(number)
    if format == "json":
        say_json(entry.data)
        return
    zh, data = lang == "zh", entry.data
    say(f"{entry.number}  {data['id']}  {entry.on}  {entry.project}  {VERDICTS[entry.verdict][lang]}")
    say(
        f"{'政策' if zh else 'policy'} {entry.policy} {entry.policy_hash}   {'地图' if zh else 'map'} {data['map_hash'] or '-'}"
    )
    for row in data["quotas"] or []:
        say(f"  {row['quota']} {row['year']}: {row['left']} {'余额' if zh else 'left'}")
    for ref in data["reservations"]:
        say(f"  {'预留' if zh else 'reserved'} {ref}")
    for finding in data["decision"]["findings"]:
        status = STATUS_TEXT[finding["status"]][lang]
        say(f"  {finding['rule']}  {status}  {finding['reason_zh' if zh else 'reason_en']}")


@app.command()
@guarded
def reproduce(
    park: Path = PARK,
    number: int | None = typer.Argument(None, metavar="[NUMBER]", help="Number of the entry (default: all of them)."),
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Make decisions again from what was kept; exit code 2 if one says otherwise now. 复核登记。"""
    lang, book = _begin(lang, format), _open(park)
    found = {n: book.reproduce(n)[1] for n in ([number] if number else [e.number for e in book])}
    if format == "json":
        say_json([{"number": n, "same": not differs, "differs": list(differs)} for n, differs in found.items()])
    problems = [
        Problem("register-differs", Place(str(book.path), line=n), f"与登记不一致：{'、'.join(differs)}",
                f"says otherwise now: {', '.join(differs)}")
        for n, differs in found.items() if differs
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    if format != "json":
        say(
            f"{len(found)} 条登记，重新判定一致"
            if lang == "zh"
            else f"{len(found)} decision(s) made again; all say the same"
        )


@app.command()
@guarded
def count(park: Path = PARK, lang: str | None = LANG, format: str = FORMAT) -> None:
    """Decisions by verdict; refusals by reason and by size of investment. 统计。"""
    from ecopark.admission.wording import VERDICTS

    lang, book = _begin(lang, format), _open(park)
    verdicts, refusals = book.verdicts(), book.refusals()
    if format == "json":
        say_json({"verdicts": verdicts, **refusals})
        return
    zh = lang == "zh"
    at = 0 if zh else 1
    blocks = (
        ("判定" if zh else "verdicts", {VERDICTS[k][lang]: n for k, n in verdicts.items()}),
        ("不予准入的理由（规则）" if zh else "refused by (rule)", refusals["by_reason"]),
        ("不予准入的投资规模" if zh else "refused, by investment",
         {SIZE_WORDS[k][at]: n for k, n in refusals["by_size"].items()}),
    )  # fmt: skip
    for title, rows in blocks:
        say(title)
        say(columns([("  " + name, str(n)) for name, n in rows.items()]) or ("  无" if zh else "  none"))


@app.command()
@guarded
def review(
    park: Path = PARK,
    number: int = NUMBER,
    figures: Path = typer.Argument(
        ..., metavar="FIGURES", help="Delivered figures: csv, xlsx, parquet or a park folder."
    ),
    subject: str = typer.Option("", "--subject", help="Whose figures (default: the only subject in them)."),
    years: list[int] = typer.Option([], "--year", help="Year to look at; repeat (default: all since the decision)."),
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """What the project promised against what the firm delivers, by year. 落地后评估。"""
    from ecopark.admission.wording import amount
    from ecopark.workflows.review_entries import review_entry

    lang = _begin(lang, format)
    _open(park)
    found = review_entry(park, number, figures, subject=subject, years=years)
    if format == "json":
        say_json([p.to_dict() for p in found.promises])
        return
    zh = lang == "zh"
    head = ("年份", "承诺项", "承诺", "实际", "兑现率", "结果") if zh else (
        "year", "promise", "promised", "delivered", "share", "result")  # fmt: skip
    rows = [head]
    for p in found.promises:
        share = "-" if p.share is None else f"{float(p.share):.1%}"
        shown = "-" if p.delivered is None else amount(p.delivered, p.unit, lang)
        rows.append((str(p.year), p.label[lang], amount(p.promised, p.unit, lang), shown, share,
                     STATUS_WORDS[p.status][0 if zh else 1]))  # fmt: skip
    say(f"{found.entry.number}  {found.entry.project}  {found.subject}")
    say(columns(rows))
    for year in sorted({p.year for p in found.promises}):
        counts = found.count(year)
        parts = [f"{STATUS_WORDS[s][0 if zh else 1]} {counts[s]}" for s in STATUS_WORDS if s in counts]
        say(f"{year}: {'，'.join(parts) if zh else ', '.join(parts)}")


def _begin(lang: str | None, format: str) -> str:
    known_format(format)
    return language(lang)


def _open(park: Path) -> Register:
    from ecopark.admission.register import Register

    book = Register(park)
    if not book.path.is_file():
        zh, en = "没有登记簿", "there is no register"
        repair = (
            "用 ecopark admit --park 加 --record 登记。",
            "`ecopark admit --park ... --record` keeps decisions in one.",
        )
        raise InputError([Problem("no-register", Place(str(book.path)), zh, en, *repair)])
    return book
