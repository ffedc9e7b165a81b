"""ledger: what quota there is, who holds it until when, and who has it for good. 额度台账。

The commands know the clock, the library does not: a booking is dated now unless `--at` says otherwise. A date without
a time is a day in China: a booking falls on its beginning, a balance on its end, a reservation lasts through it.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecopark.cli.output import columns, guarded, language, say, say_json
from ecopark.cli.parks import FORMAT, LANG
from ecopark.errors import EcoparkError, InputError, Place, Problem

if TYPE_CHECKING:
    from ecopark.admission.ledger import Balance, Entry, Ledger

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

PARK = typer.Option(Path("."), "--park", help="Park folder; its ledger is ledger.sqlite there.")
DB = typer.Option(None, "--db", help="Another ledger: a file, or postgresql://...")
AT = typer.Option(None, "--at", help="When: a date, or a moment such as 2026-03-01T09:30+08:00 (default: now).")
BY = typer.Option(None, "--by", help="Who books it (default: the login name).")
NOTE = typer.Option("", "--note", help="Why.")
ACCOUNT = typer.Argument(..., help="ITEM/YEAR/PLACE, e.g. energy/2026/park")
AMOUNT = typer.Argument(..., help="In the unit of the account, e.g. 380.5")
RESERVATION = typer.Argument(..., help="Name of the reservation, as `reserve` prints it.")
AHEAD = timedelta(minutes=5)
"""How far a booking may be ahead of this machine's clock."""


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="ledger", help="The quota ledger: allocate, reserve, confirm, balance. 额度台账。")


# -- acts --------------------------------------------------------------------------------------------------------------


@app.command("open")
@guarded
def open_(
    item: str = typer.Argument(..., help="energy, co2, cod, nh3n, so2, nox, vocs, water, land ..., or local.NAME"),
    year: int = typer.Option(..., "--year", help="Calendar year of the quota."),
    place: str = typer.Option("park", "--place", help="Whose quota: the park, a control unit, a group."),
    unit: str = typer.Option("", "--unit", help="Unit of its amounts (default: the usual one of the item)."),
    places: int = typer.Option(6, "--places", help="Decimals its amounts may have, 0 to 12."),
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Open an account for a quota; the first one makes the ledger. 开立账户。"""
    from ecopark.admission.ledger import Account

    lang, when = _begin(lang, format), _booked(at)
    account = Account(item, year, place, unit, places)
    with _ledger(park, db, create=True) as ledger:
        ledger.open(account, by=_by(by), at=when)
    if format == "json":
        say_json({"account": account.key, "item": item, "year": year, "place": account.place, "unit": account.unit,
                  "places": places})  # fmt: skip
    else:
        say(f"{account.key} [{account.unit}] " + ("已开立" if lang == "zh" else "is open"))


@app.command()
@guarded
def allocate(
    account: str = ACCOUNT,
    amount: str = AMOUNT,
    note: str = NOTE,
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Add a quota that has been granted. 下达额度。"""
    lang, when = _begin(lang, format), _booked(at)
    with _ledger(park, db) as ledger:
        entry = ledger.allocate(account, amount, by=_by(by), at=when, note=note)
        _done(ledger, [entry], lang, format)


@app.command()
@guarded
def reserve(
    account: str = ACCOUNT,
    amount: str = AMOUNT,
    until: str = typer.Option(..., "--until", help="Last day (or moment) of the reservation."),
    project: str = typer.Option(..., "--project", help="Which project it is for."),
    ref: str = typer.Option("", "--ref", help="A name for the reservation; the same name never books twice."),
    note: str = NOTE,
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Hold quota for a project until a day. 预留额度。"""
    lang, when = _begin(lang, format), _booked(at)
    ends = _moment(until, "--until", end=True)
    with _ledger(park, db) as ledger:
        entry = ledger.reserve(
            account, amount, until=ends, project=project, ref=ref, by=_by(by), at=when, note=note
        )  # fmt: skip
        _done(ledger, [entry], lang, format)


@app.command()
@guarded
def confirm(
    reservation: str = RESERVATION,
    amount: str | None = typer.Option(None, "--amount", help="What the project takes, where that is less."),
    note: str = NOTE,
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Turn a reservation into quota that the project has for good. 确认预留。"""
    lang, when = _begin(lang, format), _booked(at)
    with _ledger(park, db) as ledger:
        entry = ledger.confirm(reservation, by=_by(by), at=when, amount=amount, note=note)
        _done(ledger, [entry], lang, format)


@app.command()
@guarded
def release(
    reservation: str = RESERVATION,
    note: str = NOTE,
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Give up a reservation. 释放预留。"""
    lang, when = _begin(lang, format), _booked(at)
    with _ledger(park, db) as ledger:
        entry = ledger.release(reservation, by=_by(by), at=when, note=note)
        _done(ledger, [entry], lang, format)


@app.command()
@guarded
def transfer(
    source: str = typer.Argument(..., metavar="FROM", help="Account that gives."),
    target: str = typer.Argument(..., metavar="TO", help="Account that takes: same item, unit and year."),
    amount: str = AMOUNT,
    note: str = NOTE,
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Move free quota to another place. 调剂额度。"""
    lang, when = _begin(lang, format), _booked(at)
    with _ledger(park, db) as ledger:
        entries = ledger.transfer(source, target, amount, by=_by(by), at=when, note=note)
        _done(ledger, list(entries), lang, format)


@app.command()
@guarded
def correct(
    account: str = ACCOUNT,
    up: str | None = typer.Option(None, "--up", help="Add this much."),
    down: str | None = typer.Option(None, "--down", help="Take this much away."),
    reason: str = typer.Option(..., "--reason", help="What was wrong."),
    reservation: str = typer.Option("", "--reservation", help="Correct what this one has confirmed, not the limit."),
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    by: str | None = BY,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Put right what was booked wrongly, by a further entry. 更正。"""
    from ecopark.admission.ledger.checks import amount as exact_amount

    lang, when = _begin(lang, format), _booked(at)
    if (up is None) == (down is None):
        raise _problem("ledger-correction", "--up", "请只写 --up 或 --down 之一", "give one of --up and --down")
    with _ledger(park, db) as ledger:
        held = ledger.account(account)
        number = exact_amount(up if up is not None else down, held.places, held.key)
        number = number if up is not None else number.copy_negate()
        entry = ledger.correct(held, number, reason=reason, by=_by(by), at=when, reservation=reservation)
        _done(ledger, [entry], lang, format)


@app.command()
@guarded
def expire(
    park: Path = PARK, db: str | None = DB, at: str | None = AT, lang: str | None = LANG, format: str = FORMAT
) -> None:
    """Write down what has expired; balances do not need it. 登记到期。"""
    lang, when = _begin(lang, format), _booked(at)
    with _ledger(park, db) as ledger:
        _done(ledger, list(ledger.expire(on=when)), lang, format)


# -- questions ---------------------------------------------------------------------------------------------------------


@app.command()
@guarded
def accounts(park: Path = PARK, db: str | None = DB, lang: str | None = LANG, format: str = FORMAT) -> None:
    """The open accounts. 账户。"""
    lang = _begin(lang, format)
    with _ledger(park, db) as ledger:
        found = ledger.accounts()
    if format == "json":
        say_json([{"account": a.key, "item": a.item, "year": a.year, "place": a.place, "unit": a.unit,
                   "places": a.places} for a in found])  # fmt: skip
        return
    head = ("账户", "额度", "单位", "小数位") if lang == "zh" else ("account", "quota of", "unit", "decimals")
    say(columns([head, *((a.key, a.label[lang], a.unit, str(a.places)) for a in found)]))


@app.command()
@guarded
def balance(
    account: str | None = typer.Argument(None, help="ITEM/YEAR/PLACE; all accounts if left out."),
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """What an account stands at: limit, reserved, confirmed, free. 余额。"""
    lang = _begin(lang, format)
    when = _moment(at, "--at", end=True) if at else datetime.now(UTC)
    with _ledger(park, db) as ledger:
        found = [ledger.balance(account, at=when)] if account else list(ledger.balances(at=when))
    if format == "json":
        data = [b.to_dict() for b in found]
        say_json(data[0] if account else data)
        return
    say(_table(found, lang))


@app.command()
@guarded
def statement(
    account: str = ACCOUNT,
    since: str | None = typer.Option(None, "--since", help="First day (default: from the first entry)."),
    park: Path = PARK,
    db: str | None = DB,
    at: str | None = AT,
    lang: str | None = LANG,
    format: str = FORMAT,
) -> None:
    """Every entry of an account, with the balance before and after. 对账单。"""
    from ecopark.admission.ledger.checks import plain
    from ecopark.admission.ledger.entries import KINDS

    lang = _begin(lang, format)
    zh = lang == "zh"
    to = _moment(at, "--at", end=True) if at else datetime.now(UTC)
    start = _moment(since, "--since") if since else None
    with _ledger(park, db) as ledger:
        found = ledger.statement(account, since=start, to=to)
        zone = ledger.zone
    if format == "json":
        say_json(found.to_dict())
        return
    held = found.account
    say(f"{held.key}  {held.label[lang]} [{held.unit}]")
    if found.before is not None:
        say()
        say(_table([found.before], lang))
    head = (
        ("编号", "时间", "事项", "数量", "额度", "预留", "确认", "可用", "预留编号", "项目", "到期", "经办", "备注")
        if zh
        else ("no.", "time", "act", "amount", "limit", "reserved", "confirmed", "free", "reservation", "project",
              "until", "by", "note")
    )  # fmt: skip
    rows = [head]
    for e in found.entries:
        after = e.after
        rows.append((
            str(e.seq), f"{e.at.astimezone(zone):%Y-%m-%d %H:%M}", KINDS[e.kind][lang], e.change, plain(after.limit),
            plain(after.reserved), plain(after.confirmed), plain(after.free), e.ref or "-", e.project or "-",
            _last(e.until.astimezone(zone)) if e.until else "-", e.by, e.note or "-",
        ))  # fmt: skip
    say()
    say(columns(rows))
    say()
    say(_table([found.after], lang))
    for r in found.waiting:
        until = _last(r.until.astimezone(zone))
        say(
            f"  {r.ref}：{r.project} 预留 {plain(r.amount)} {held.unit}，至 {until}"
            if zh
            else f"  {r.ref}: {plain(r.amount)} {held.unit} reserved for {r.project} until {until}"
        )


@app.command()
@guarded
def audit(park: Path = PARK, db: str | None = DB, lang: str | None = LANG, format: str = FORMAT) -> None:
    """Work out every balance anew and say what does not add up; exit code 2 if anything does not. 核账。"""
    lang = _begin(lang, format)
    with _ledger(park, db) as ledger:
        problems, count = ledger.audit(), len(ledger.store.entries())
    if format == "json":
        say_json([{"place": str(p.place), "zh": p.zh, "en": p.en} for p in problems])
    if problems:
        raise InputError(problems)
    if format != "json":
        say(f"{count} 笔分录，账实相符" if lang == "zh" else f"{count} entries; everything adds up")


# -- inside ------------------------------------------------------------------------------------------------------------


def _begin(lang: str | None, format: str) -> str:
    if format not in ("text", "json"):
        raise EcoparkError(f"--format is text or json, not '{format}'")
    return language(lang)


@contextmanager
def _ledger(park: Path, db: str | None, *, create: bool = False) -> Iterator[Ledger]:
    from ecopark.admission.ledger import Ledger

    if db is None and not park.is_dir():
        raise _problem(
            "ledger-no-park", "--park", f"没有文件夹 {park}", f"there is no folder {park}",
            "请用 --park 指明园区文件夹。", "Name the park folder with --park.",
        )  # fmt: skip
    with Ledger.at(db if db is not None else park / "ledger.sqlite", create=create) as ledger:
        yield ledger


def _done(ledger: Ledger, entries: list[Entry], lang: str, format: str) -> None:
    """What was written, and what its accounts stand at now."""
    from ecopark.admission.ledger.checks import plain
    from ecopark.admission.ledger.entries import KINDS

    if format == "json":
        data = [e.to_dict() for e in entries]
        say_json(data[0] if len(data) == 1 else data)
        return
    for e in entries:
        named = f" {e.ref}" if e.kind in ("reserve", "confirm", "release") else ""
        say(f"{e.id}  {KINDS[e.kind][lang]}{named} {plain(e.amount)} {ledger.account(e.account).unit}")
    latest = {e.account: e for e in entries}
    if latest:
        say(_table([ledger.balance(key, at=e.at) for key, e in latest.items()], lang))
    else:
        say("没有到期的预留" if lang == "zh" else "nothing has expired")


def _table(found: list[Balance], lang: str) -> str:
    from ecopark.admission.ledger.checks import plain

    head = (
        ("账户", "单位", "额度", "预留", "确认", "可用")
        if lang == "zh"
        else ("account", "unit", "limit", "reserved", "confirmed", "free")
    )
    rows = [
        (b.account.key, b.account.unit, plain(b.limit), plain(b.reserved), plain(b.confirmed), plain(b.free))
        for b in found
    ]
    return columns([head, *rows])


def _last(until: datetime) -> str:
    """The end of a reservation as people say it: the last day in it, where it ends with a day."""
    if until.time() == time():
        return f"{until - timedelta(days=1):%Y-%m-%d}"
    return f"{until:%Y-%m-%d %H:%M}"


def _by(by: str | None) -> str:
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER", "")


def _booked(at: str | None) -> datetime:
    """The moment of a booking: now, or as `--at` says (today is now), but never in the future."""
    now = datetime.now(UTC)
    if at is None:
        return now
    when = _moment(at, "--at")
    if len(at.strip()) == 10 and when <= now < when + timedelta(days=1):
        return now  # today
    if when > now + AHEAD:
        raise _problem(
            "ledger-future", "--at", f"{at} 在将来，不能记账", f"{at} is in the future; nothing can be booked then",
            "请用今天或更早的日期。", "Give today or an earlier day.",
        )  # fmt: skip
    return when


def _moment(text: str, option: str, *, end: bool = False) -> datetime:
    """A moment as typed; of a date the first moment, or with `end` the first after it (for a balance, the last in it)."""
    from ecopark.admission.ledger.book import CHINA

    try:
        day = date.fromisoformat(text.strip())
        start = datetime.combine(day, time(), CHINA)
        if end:
            start += timedelta(days=1)
            return start if option == "--until" else start - timedelta(microseconds=1)
        return start
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo is not None else found.replace(tzinfo=CHINA)
    except ValueError:
        raise _problem(
            "ledger-date", option, f"“{text}”不是日期", f"'{text}' is not a date",
            "例如 2026-03-01 或 2026-03-01T09:30。", "Write 2026-03-01 or 2026-03-01T09:30.",
        ) from None  # fmt: skip


def _problem(code: str, option: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> InputError:
    return InputError([Problem(code, Place(option), zh, en, repair_zh, repair_en)])
