"""ledger: what quota there is, who holds it until when, and who has it for good. 额度台账。

The commands know the clock, the library does not: a booking is dated now unless `--at` says otherwise.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ecopark.cli.clock import booked, last_day, moment, option_problem, who
from ecopark.cli.output import columns, guarded, known_format, language, say, say_json
from ecopark.cli.parks import FORMAT, LANG
from ecopark.errors import InputError

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
RESERVATION = typer.Argument("", help="Name of the reservation, as `reserve` prints it.")
DECISION = typer.Option("", "--decision", help="All that this decision of `ecopark admit --book` has reserved.")


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="ledger", help="The quota ledger: allocate, reserve, confirm, balance. 额度台账。")


# -- what all commands of this file take -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """The options that every command of this file has, as typed."""

    lang: str
    format: str
    park: Path
    db: str | None
    at: str | None
    by: str | None

    @property
    def when(self) -> datetime:
        """When it is booked."""
        return booked(self.at)

    @property
    def until(self) -> datetime:
        """The moment a question is about."""
        return moment(self.at, "--at", end=True) if self.at else datetime.now(UTC)

    @property
    def who(self) -> str:
        """Who books it."""
        return who(self.by)

    @contextmanager
    def ledger(self, *, create: bool = False) -> Iterator[Ledger]:
        """The ledger that was named."""
        from ecopark.admission.ledger import Ledger
        from ecopark.workflows.book_quotas import LEDGER_FILE, ledger_address

        if self.db is None and not self.park.is_dir():
            raise option_problem(
                "ledger-no-park", "--park", f"没有文件夹 {self.park}", f"there is no folder {self.park}",
                "请用 --park 指明园区文件夹。", "Name the park folder with --park.",
            )  # fmt: skip
        address = ledger_address(self.park if self.db is None else None, self.db)
        with Ledger.at(address.where if address else self.park / LEDGER_FILE, create=create) as ledger:
            yield ledger


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "park": (Path, PARK),
    "db": (str | None, DB),
    "at": (str | None, AT),
    "by": (str | None, BY),
    "lang": (str | None, LANG),
    "format": (str, FORMAT),
}


def command(*without: str, name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose first parameter is `Asked`: the common options are added to its own, except those `without`."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        shared = {key: pair for key, pair in _OPTIONS.items() if key not in without}

        @wraps(function)
        def run(**given: Any) -> None:
            values = {key: given.pop(key) for key in shared}
            known_format(values["format"])
            values = {"at": None, "by": None, **values, "lang": language(values["lang"])}
            function(Asked(**values), **given)

        kind = inspect.Parameter.KEYWORD_ONLY
        added = [inspect.Parameter(k, kind, default=d, annotation=a) for k, (a, d) in shared.items()]
        every = [p.replace(kind=kind) for p in own] + added
        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in every}
        app.command(name)(guarded(run))
        return run

    return add


# -- acts --------------------------------------------------------------------------------------------------------------


@command(name="open")
def open_(
    asked: Asked,
    item: str = typer.Argument(..., help="energy, co2, cod, nh3n, so2, nox, vocs, water, land ..., or local.NAME"),
    year: int = typer.Option(..., "--year", help="Calendar year of the quota."),
    place: str = typer.Option("park", "--place", help="Whose quota: the park, a control unit, a group."),
    unit: str = typer.Option("", "--unit", help="Unit of its amounts (default: the usual one of the item)."),
    places: int = typer.Option(6, "--places", help="Decimals its amounts may have, 0 to 12."),
) -> None:
    """Open an account for a quota; the first one makes the ledger. 开立账户。"""
    from ecopark.admission.ledger import Account

    account, when = Account(item, year, place, unit, places), asked.when
    with asked.ledger(create=True) as ledger:
        ledger.open(account, by=asked.who, at=when)
    if asked.format == "json":
        say_json({"account": account.key, "item": item, "year": year, "place": account.place, "unit": account.unit,
                  "places": places})  # fmt: skip
    else:
        say(f"{account.key} [{account.unit}] " + ("已开立" if asked.lang == "zh" else "is open"))


@command()
def allocate(
    asked: Asked,
    account: str = ACCOUNT,
    amount: str = AMOUNT,
    note: str = NOTE,
) -> None:
    """Add a quota that has been granted. 下达额度。"""
    with asked.ledger() as ledger:
        entry = ledger.allocate(account, amount, by=asked.who, at=asked.when, note=note)
        _done(ledger, [entry], asked)


@command()
def reserve(
    asked: Asked,
    account: str = ACCOUNT,
    amount: str = AMOUNT,
    until: str = typer.Option(..., "--until", help="Last day (or moment) of the reservation."),
    project: str = typer.Option(..., "--project", help="Which project it is for."),
    ref: str = typer.Option("", "--ref", help="A name for the reservation; the same name never books twice."),
    note: str = NOTE,
) -> None:
    """Hold quota for a project until a day. 预留额度。"""
    ends = moment(until, "--until", end=True)
    with asked.ledger() as ledger:
        entry = ledger.reserve(
            account, amount, until=ends, project=project, ref=ref, by=asked.who, at=asked.when, note=note
        )  # fmt: skip
        _done(ledger, [entry], asked)


@command()
def confirm(
    asked: Asked,
    reservation: str = RESERVATION,
    amount: str | None = typer.Option(None, "--amount", help="What the project takes, where that is less."),
    decision: str = DECISION,
    note: str = NOTE,
) -> None:
    """Turn a reservation into quota that the project has for good. 确认预留。"""
    from ecopark.admission import bookings

    _one_of(reservation, decision)
    if decision and amount is not None:
        raise option_problem("ledger-decision", "--amount", "按判定确认的是全部预留", "a decision is confirmed in full")
    with asked.ledger() as ledger:
        if decision:
            done = bookings.confirm(ledger, decision, by=asked.who, at=asked.when, note=note)
        else:
            done = (ledger.confirm(reservation, by=asked.who, at=asked.when, amount=amount, note=note),)
        _done(ledger, done, asked)


@command()
def release(
    asked: Asked,
    reservation: str = RESERVATION,
    decision: str = DECISION,
    note: str = NOTE,
) -> None:
    """Give up a reservation. 释放预留。"""
    from ecopark.admission import bookings

    _one_of(reservation, decision)
    with asked.ledger() as ledger:
        if decision:
            done = bookings.release(ledger, decision, by=asked.who, at=asked.when, note=note)
        else:
            done = (ledger.release(reservation, by=asked.who, at=asked.when, note=note),)
        _done(ledger, done, asked)


@command()
def transfer(
    asked: Asked,
    source: str = typer.Argument(..., metavar="FROM", help="Account that gives."),
    target: str = typer.Argument(..., metavar="TO", help="Account that takes: same item, unit and year."),
    amount: str = AMOUNT,
    note: str = NOTE,
) -> None:
    """Move free quota to another place. 调剂额度。"""
    with asked.ledger() as ledger:
        entries = ledger.transfer(source, target, amount, by=asked.who, at=asked.when, note=note)
        _done(ledger, entries, asked)


@command()
def correct(
    asked: Asked,
    account: str = ACCOUNT,
    up: str | None = typer.Option(None, "--up", help="Add this much."),
    down: str | None = typer.Option(None, "--down", help="Take this much away."),
    reason: str = typer.Option(..., "--reason", help="What was wrong."),
    reservation: str = typer.Option("", "--reservation", help="Correct what this one has confirmed, not the limit."),
) -> None:
    """Put right what was booked wrongly, by a further entry. 更正。"""
    from ecopark.admission.ledger.checks import amount as exact_amount

    if (up is None) == (down is None):
        raise option_problem("ledger-correction", "--up", "请只写 --up 或 --down 之一", "give one of --up and --down")
    with asked.ledger() as ledger:
        held = ledger.account(account)
        number = exact_amount(up if up is not None else down, held.places, held.key)
        number = number if up is not None else number.copy_negate()
        entry = ledger.correct(held, number, reason=reason, by=asked.who, at=asked.when, reservation=reservation)
        _done(ledger, [entry], asked)


@command("by")
def expire(asked: Asked) -> None:
    """Write down what has expired; balances do not need it. 登记到期。"""
    with asked.ledger() as ledger:
        _done(ledger, ledger.expire(on=asked.when), asked)


# -- questions ---------------------------------------------------------------------------------------------------------


@command("at", "by")
def accounts(asked: Asked) -> None:
    """The open accounts. 账户。"""
    with asked.ledger() as ledger:
        found = ledger.accounts()
    if asked.format == "json":
        say_json([{"account": a.key, "item": a.item, "year": a.year, "place": a.place, "unit": a.unit,
                   "places": a.places} for a in found])  # fmt: skip
        return
    head = ("账户", "额度", "单位", "小数位") if asked.lang == "zh" else ("account", "quota of", "unit", "decimals")
    say(columns([head, *((a.key, a.label[asked.lang], a.unit, str(a.places)) for a in found)]))


@command("by")
def balance(
    asked: Asked,
    account: str | None = typer.Argument(None, help="ITEM/YEAR/PLACE; all accounts if left out."),
) -> None:
    """What an account stands at: limit, reserved, confirmed, free. 余额。"""
    when = asked.until
    with asked.ledger() as ledger:
        found = [ledger.balance(account, at=when)] if account else list(ledger.balances(at=when))
    if asked.format == "json":
        data = [b.to_dict() for b in found]
        say_json(data[0] if account else data)
        return
    say(_table(found, asked.lang))


@command("by")
def statement(
    asked: Asked,
    account: str = ACCOUNT,
    since: str | None = typer.Option(None, "--since", help="First day (default: from the first entry)."),
) -> None:
    """Every entry of an account, with the balance before and after. 对账单。"""
    from ecopark.admission.ledger.checks import plain
    from ecopark.admission.ledger.entries import KINDS

    zh = asked.lang == "zh"
    to = asked.until
    start = moment(since, "--since") if since else None
    with asked.ledger() as ledger:
        found = ledger.statement(account, since=start, to=to)
        zone = ledger.zone
    if asked.format == "json":
        say_json(found.to_dict())
        return
    held = found.account
    say(f"{held.key}  {held.label[asked.lang]} [{held.unit}]")
    if found.before is not None:
        say()
        say(_table([found.before], asked.lang))
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
            str(e.seq), f"{e.at.astimezone(zone):%Y-%m-%d %H:%M}", KINDS[e.kind][asked.lang], e.change, plain(after.limit),
            plain(after.reserved), plain(after.confirmed), plain(after.free), e.ref or "-", e.project or "-",
            last_day(e.until.astimezone(zone)) if e.until else "-", e.by, e.note or "-",
        ))  # fmt: skip
    say()
    say(columns(rows))
    say()
    say(_table([found.after], asked.lang))
    for r in found.waiting:
        until = last_day(r.until.astimezone(zone))
        say(
            f"  {r.ref}：{r.project} 预留 {plain(r.amount)} {held.unit}，至 {until}"
            if zh
            else f"  {r.ref}: {plain(r.amount)} {held.unit} reserved for {r.project} until {until}"
        )


@command("at", "by")
def audit(asked: Asked) -> None:
    """Work out every balance anew and say what does not add up; exit code 2 if anything does not. 核账。"""
    with asked.ledger() as ledger:
        problems, count = ledger.audit(), len(ledger.store.entries())
    if asked.format == "json":
        say_json([{"place": str(p.place), "zh": p.zh, "en": p.en} for p in problems])
    if problems:
        raise InputError(problems)
    if asked.format != "json":
        say(f"{count} 笔分录，账实相符" if asked.lang == "zh" else f"{count} entries; everything adds up")


# -- inside ------------------------------------------------------------------------------------------------------------


def _one_of(reservation: str, decision: str) -> None:
    if bool(reservation) == bool(decision):
        zh, en = "请写明一个预留编号，或用 --decision 写明判定", "name a reservation, or a decision with --decision"
        raise option_problem("ledger-decision", "--decision", zh, en)


def _done(ledger: Ledger, entries: Sequence[Entry], asked: Asked) -> None:
    """What was written, and what its accounts stand at now."""
    from ecopark.admission.ledger.checks import plain
    from ecopark.admission.ledger.entries import KINDS

    if asked.format == "json":
        data = [e.to_dict() for e in entries]
        say_json(data[0] if len(data) == 1 else data)
        return
    for e in entries:
        named = f" {e.ref}" if e.kind in ("reserve", "confirm", "release") else ""
        say(f"{e.id}  {KINDS[e.kind][asked.lang]}{named} {plain(e.amount)} {ledger.account(e.account).unit}")
    latest = {e.account: e for e in entries}
    if latest:
        say(_table([ledger.balance(key, at=e.at) for key, e in latest.items()], asked.lang))
    else:
        say("没有到期的预留" if asked.lang == "zh" else "nothing has expired")


def _table(found: Sequence[Balance], lang: str) -> str:
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
