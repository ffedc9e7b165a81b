"""START READING HERE: a park's facts in, a verdict that explains itself out.

1. `read_facts` reads a file, a park folder or a data frame into `Facts`; every problem of all files is reported together.
2. `assess` holds one subject and period against one pack (`standards.assess`); `assess_all` does it for many.
3. `reports.dossier` writes the result as documents; `Assessment.explain` tells the story of one number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecopark import __version__
from ecopark.core.period import Period
from ecopark.core.rounding import exact
from ecopark.errors import FormulaError, InputError, Place, Problem, did_you_mean
from ecopark.indicators.catalogue import indicators
from ecopark.indicators.differences import differences
from ecopark.indicators.factors import family_unit, table
from ecopark.indicators.rollup import RollUp
from ecopark.observations import reading
from ecopark.observations.checks import years_ahead
from ecopark.observations.model import Facts
from ecopark.observations.quantity import Catalogue
from ecopark.observations.quantity import catalogue as quantity_catalogue
from ecopark.packs.load import UnknownPackError, find_pack, shipped_ids
from ecopark.packs.model import Pack, Parameter
from ecopark.standards.again import Again
from ecopark.standards.assess import assess_pack
from ecopark.standards.compile import CONSTRUCTION_YEARS
from ecopark.standards.result import Assessment

Options = Mapping[str, Mapping[str, Any]]


def catalogue() -> Catalogue:
    """The catalogue of quantities."""
    return quantity_catalogue()


def list_packs() -> list[Pack]:
    """The packs that ship with ecopark."""
    return [find_pack(name) for name in shipped_ids()]


def known_reported(name: str) -> str | None:
    """Unit of what may be reported without its inputs: an indicator, a clause, a measured factor; else None."""
    if name in indicators():
        return indicators()[name].unit
    if name.startswith("factor."):
        try:
            return family_unit(name.removeprefix("factor.")).symbol
        except FormulaError:
            return None
    if "/" in name:
        try:
            clause = find_pack(name.split("/", 1)[0]).clause(name)
            return clause.unit if clause.id == name else None
        except (KeyError, UnknownPackError):
            return None
    return None


def read_facts(source: Any, *, set_aside: bool = False, checks: bool = True) -> Facts:
    """Read facts.

    Parameters
    ----------
    source
        A path (csv, xlsx, parquet, or a park folder), a polars or pandas frame, or a list of mappings, in the long form
        ``subject, quantity, period, value, unit[, by][, source][, note]``.
    set_aside
        Go on without the rows that cannot be used; they are kept in `Facts.rejected`.
    checks
        Run the quality checks (plausible ranges, jumps, part and whole, firms against the park); they are added to
        `Facts.warnings`.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    if isinstance(source, Facts):
        return source
    if isinstance(source, str | Path):
        facts = reading.read_facts(source, set_aside=set_aside, known_reported=known_reported, checks=checks)
        facts.warnings += tuple(_records_of_nothing(facts.settings))
    else:
        facts = reading.facts_from(source, set_aside=set_aside, known_reported=known_reported, checks=checks)
    if checks:
        facts.warnings += (*differences(facts), *_years_ahead(facts))
    return facts


def _years_ahead(facts: Facts) -> list[Problem]:
    """Figures of years far beyond the newest factor and the newest standard; the standards are read only if that matters."""
    newest = max(f.year for family in table().values() for rows in family.values() for f in rows if f.year)
    if not list(years_ahead(facts, newest)):
        return []
    starts = [int(pack.in_force_from[:4]) for pack in list_packs() if pack.in_force_from[:4].isdigit()]
    return list(years_ahead(facts, max(newest, *starts)))


def _records_of_nothing(settings: Mapping[str, Any]) -> list[Problem]:
    """Verification records and evidence that name a clause or quantity there is none of."""
    found = []
    for entry in settings.get("verified") or ():
        name = str(entry.get("clause", ""))
        tail = name.split("/", 1)[-1]
        if tail != "*" and known_reported(name) is None:
            zh, en = f"核对记录中的条款 '{name}' 不存在", f"the verification record names '{name}', which is no clause"
            found.append(Problem("unknown-clause", Place("verified.toml"), zh, en, severity="warning"))
    for entry in settings.get("evidence") or ():
        name = str(entry.get("clause_or_quantity", ""))
        if name and name not in quantity_catalogue() and known_reported(name) is None:
            zh, en = (
                f"佐证材料所指的 '{name}' 不存在",
                f"the evidence is for '{name}', which is neither clause nor quantity",
            )
            found.append(
                Problem("unknown-clause", entry.get("place") or Place("evidence.csv"), zh, en, severity="warning")
            )
    return found


def assess(
    facts: Any,
    pack: str | Pack,
    *,
    period: str | int | None = None,
    subject: str | None = None,
    since: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> Assessment:
    """Hold one subject in one period against one pack.

    Parameters
    ----------
    facts
        Anything `read_facts` takes.
    pack
        Pack id, directory, or a loaded pack.
    period
        Default: the latest year with facts.
    subject
        Default: the only park in the facts.
    since
        First year of the construction period where the standard averages over one; default: three years back.
    options
        Options and parameters of the pack, over those of the park folder.

    Returns
    -------
    assessment
        Verdict, score, clauses with traces; ``to_frame()``, ``explain("10")``, ``to_dict()``.

    Raises
    ------
    InputError
        The facts cannot be used, or there is no such subject or period.

    Examples
    --------
    >>> rows = [{"quantity": "publicity_events", "period": "2023", "value": "1", "unit": "events/year"}]
    >>> a = assess(rows, "hj274-2015", period="2023")
    >>> a.verdict, a.clause("32").limit.text()
    ('fail', '>= 2')
    """
    chosen = {} if options is None else {pack.id if isinstance(pack, Pack) else pack: options}
    found = assess_all(
        facts, [pack], periods=None if period is None else [period], subject=subject, since=since, options=chosen
    )
    if len(found) > 1:
        names = sorted({a.subject for a in found})
        raise _input(
            "several-subjects",
            "有多个园区，请用 subject 指定",
            f"there are several parks ({', '.join(names[:5])}...): say which",
        )
    return found[0]


def assess_all(
    facts: Any,
    packs: Sequence[str | Pack],
    *,
    periods: Sequence[str | int] | None = None,
    subject: str | None = None,
    since: int | None = None,
    options: Options | None = None,
    extra_packs: Sequence[Path] = (),
    detail: bool = True,
    years: int = 1,
) -> list[Assessment]:
    """Hold every park (or one subject) against several packs.

    Parameters
    ----------
    periods
        Default: the latest year with facts, of each subject.
    years
        How many years side by side, the period's own being the last.
    extra_packs
        Directories in which to look for packs before those that ship.
    detail
        Whether to work out bounds, gaps and what must change.
    """
    facts = with_run_settings(read_facts(facts), options)
    loaded = [p if isinstance(p, Pack) else find_pack(p, extra_packs) for p in every_pack(packs)]
    subjects = _subjects(facts, subject)
    check_options(loaded, facts.settings, options)
    rollup = RollUp.of(facts)
    found = []
    for name in subjects:
        for period in _periods(facts, name, periods, years):
            for pack in loaded:
                merged = {**facts.settings.get("options", {}).get(pack.id, {}), **((options or {}).get(pack.id, {}))}
                if since is not None and since >= period.year:
                    raise _input(
                        "since-after-period",
                        f"起始年 {since} 不早于评价年 {period}",
                        f"--since {since} is not before the period {period}",
                    )
                found.append(
                    assess_pack(
                        pack,
                        facts,
                        name,
                        period,
                        since=since,
                        options=merged,
                        rollup=rollup,
                        version=__version__,
                        detail=detail,
                    )
                )
    return found


def again(pack: str | Pack, subject: str, period: str | int) -> Again:
    """One subject and period of a pack, ready to be assessed again and again as figures change."""
    found = pack if isinstance(pack, Pack) else find_pack(pack)
    return Again(found, subject, Period.parse(str(period)), version=__version__)


def assess_again(kept: Again, facts: Facts) -> Assessment:
    """The assessment of facts that differ a little from the last ones: only what the change reaches is worked out.

    Raises
    ------
    InputError
        Options of the facts that do not fit the pack.
    """
    check_options([kept.pack], facts.settings, None)
    return kept.assess(facts, facts.settings.get("options", {}).get(kept.pack.id, {}))


RUN_SETTINGS = {"factors": ("confirm", "grid"), "bounds": ("narrow",)}
"""Settings of the park folder that ``--set`` may give for one run: ``factors.confirm=fuel.co2.diesel``, ``bounds.narrow=2``."""


def with_run_settings(facts: Facts, options: Options | None) -> Facts:
    """The facts with the settings of this run (factors confirmed, the grid, how bounds are narrowed) over the folder's.

    Raises
    ------
    InputError
        A setting that does not exist.
    """
    given = {key: dict(options[key]) for key in RUN_SETTINGS if options and key in options}
    if not given:
        return facts
    settings = dict(facts.settings)
    for key, values in given.items():
        for name in values:
            if name not in RUN_SETTINGS[key]:
                hint = did_you_mean(name, RUN_SETTINGS[key])
                raise _input(
                    "unknown-option", f"没有设置 '{key}.{name}'", f"there is no setting '{key}.{name}'. {hint}"
                )
        merged = {**(settings.get(key) or {}), **values}
        if isinstance(values.get("confirm"), str):
            merged["confirm"] = [*(settings.get(key) or {}).get("confirm", ()), *values["confirm"].split(",")]
        settings[key] = merged
    return Facts(
        facts.observations, facts.subjects.values(), settings=settings, warnings=facts.warnings, rejected=facts.rejected
    )


def every_pack(packs: Sequence[str | Pack]) -> list[str | Pack]:
    """The packs asked for, ``all`` replaced by every pack that ships; each once."""
    names: dict[str | Pack, None] = {}
    for pack in packs:
        for name in shipped_ids() if pack == "all" else [pack]:
            names[name] = None
    return list(names)


def _input(code: str, zh: str, en: str, repair_zh: str = "", repair_en: str = "") -> InputError:
    return InputError([Problem(code, Place(), zh, en, repair_zh, repair_en)])


def _subjects(facts: Facts, subject: str | None) -> list[str]:
    if subject is not None:
        if subject not in facts.subjects:
            by_name = [s.id for s in facts.subjects.values() if s.name == subject]
            if by_name:
                return by_name[:1]
            parks = [s.id for s in facts.parks]
            shown = ", ".join(parks[:10]) + (" ..." if len(parks) > 10 else "")
            raise _input(
                "unknown-subject", f"没有对象 '{subject}'", f"there is no subject '{subject}'. {did_you_mean(subject, parks)}",
                f"有：{shown}。", f"There are: {shown}.",
            )  # fmt: skip
        return [subject]
    parks = [s.id for s in facts.parks]
    if not parks:
        raise _input("no-park", "没有园区", "there is no park in the facts")
    return parks


def _periods(facts: Facts, subject: str, periods: Sequence[str | int] | None, years: int) -> list[Period]:
    if periods is None:
        known = facts.years(subject) or [y for child in facts.children(subject) for y in facts.years(child.id)]
        named = facts.settings.get("named_years") or {}
        known = (
            known
            or list(named.get(subject, ()))
            or sorted({o.period.year for o in facts.observations if o.period.kind != "always"})
        )
        if not known:
            raise _input("no-period", f"{subject} 没有任何年度数据", f"{subject} has no figures for any year")
        last = [Period(max(known))]
    else:
        try:
            last = [Period.parse(str(p)) for p in periods]
        except ValueError as error:
            raise _input("bad-period", f"期间有误：{error}", f"{error}", "写作 2023。", "Write 2023.") from None
        if any(p.kind != "year" for p in last):
            raise _input(
                "bad-period",
                "评价期间须为年度",
                "a standard is assessed for a calendar year",
                "写作 2023。",
                "Write 2023.",
            )
    if years > 1:
        end = last[-1].year
        return [Period(y) for y in range(end - years + 1, end + 1)]
    return last


def check_options(loaded: Sequence[Pack], settings: Mapping[str, Any], options: Options | None) -> None:
    """Every option names a parameter, an option set or a limit of its pack.

    Raises
    ------
    InputError
        With every option that does not.
    """
    problems = [*_unknown_runs(loaded, options), *_wrong_settings(settings)]
    given = [*((settings.get("options") or {}).items()), *((options or {}).items())]
    by_id = {p.id: p for p in loaded}
    for pack_id, chosen in given:
        pack = by_id.get(pack_id)
        if pack is None:
            continue
        tails = [c.tail for c in pack.clauses]
        known = [*(p.id for p in pack.parameters), *(o.id for o in pack.option_sets), *(f"limit_{t}" for t in tails)]
        for key, value in chosen.items():
            if key not in known:
                en = f"{pack_id} has no option '{key}'. {did_you_mean(key, known)}"
                problems.append(Problem("unknown-option", Place(), f"{pack_id} 没有选项 '{key}'", en))
                continue
            parameter = next((p for p in pack.parameters if p.id == key), None)
            if parameter is not None and not _fits(parameter, value):
                zh, en = f"{pack_id}.{key}：'{value}' 不可用", f"{pack_id}.{key}: '{value}' is no usable number"
                problems.append(Problem("bad-option", Place(), zh, en))
            option = next((o for o in pack.option_sets if o.id == key), None)
            if option is not None:
                names = value.split(",") if isinstance(value, str) else list(value)
                members = {c.split("/", 1)[1] for c in option.clauses}
                wrong = [n for n in names if str(n).strip().split("/")[-1].lstrip("0") not in members]
                if wrong or len(names) != option.need:
                    zh = f"{pack_id}.{key} 须从 {', '.join(sorted(members))} 中选 {option.need} 项"
                    offered, given_names = ", ".join(sorted(members)), ", ".join(map(str, names))
                    en = f"{pack_id}.{key} takes {option.need} of {offered}, not {given_names}"
                    problems.append(Problem("bad-option", Place(), zh, en))
    if problems:
        raise InputError(problems)


def _unknown_runs(loaded: Sequence[Pack], options: Options | None) -> list[Problem]:
    """Options of this run that are for no pack of this run."""
    known = [*(p.id for p in loaded), *RUN_SETTINGS]
    found = []
    for name in options or {}:
        if name not in known:
            zh, en = f"'{name}' 不是本次评价的标准", f"'{name}' is no pack of this run. {did_you_mean(name, known)}"
            repairs = f"本次有：{'、'.join(known)}。", f"There are: {', '.join(known)}."
            found.append(Problem("unknown-option", Place(), zh, en, *repairs))
    return found


def _wrong_settings(settings: Mapping[str, Any]) -> list[Problem]:
    """Settings of factors and bounds that mean nothing."""
    problems = []
    factors = settings.get("factors") or {}
    grid = str(factors.get("grid") or "")
    grids = sorted(table().get("grid.average", {}))
    if grid and grid not in grids:
        zh, en = f"没有电网 '{grid}' 的系数", f"there is no grid '{grid}'. {did_you_mean(grid, grids)}"
        problems.append(
            Problem("unknown-grid", Place(), zh, en, f"可用：{'、'.join(grids)}。", f"There are: {', '.join(grids)}.")
        )
    names = {"all", *table(), *(f.id for codes in table().values() for rows in codes.values() for f in rows)}
    for name in factors.get("confirm") or ():
        if name and name not in names:
            zh, en = f"没有系数 '{name}'", f"there is no factor '{name}'. {did_you_mean(str(name), sorted(names))}"
            problems.append(Problem("unknown-factor", Place(), zh, en))
    times = (settings.get("bounds") or {}).get("narrow")
    if times not in (None, "") and not _above_one(times):
        zh, en = f"bounds.narrow 应为大于 1 的数，而不是 '{times}'", f"bounds.narrow is a number above 1, not '{times}'"
        problems.append(Problem("bad-option", Place(), zh, en))
    return problems


def _above_one(text: object) -> bool:
    try:
        return exact(str(text)) > 1
    except (ValueError, ZeroDivisionError):
        return False


def _fits(parameter: Parameter, value: Any) -> bool:
    """Whether a value is of the parameter's kind: a number, unless its default is a word; empty takes the default away."""
    if parameter.id == CONSTRUCTION_YEARS:
        return str(value).isdecimal() and 1 <= int(value) <= 50
    if (isinstance(parameter.default, str) and parameter.default) or str(value) == "":
        return True
    try:
        exact(str(value))
    except (ValueError, ZeroDivisionError):
        return False
    return True


def parse_set(settings: Sequence[str]) -> dict[str, dict[str, str]]:
    """``PACK.KEY=VALUE`` texts into options by pack.

    Raises
    ------
    InputError
        A text is not of that form.
    """
    found: dict[str, dict[str, str]] = {}
    problems = []
    for text in settings:
        key, equals, value = text.partition("=")
        pack, dot, name = key.rpartition(".")
        if not (equals and dot and pack and name):
            zh, en = f"--set {text} 写法有误", f"--set {text} is not PACK.KEY=VALUE"
            problems.append(
                Problem(
                    "bad-option",
                    Place(),
                    zh,
                    en,
                    "写作 miit-green-park-2016.O1=8,9。",
                    "Write miit-green-park-2016.O1=8,9.",
                )
            )
            continue
        found.setdefault(pack.strip(), {})[name.strip()] = value.strip()
    if problems:
        raise InputError(problems)
    return found


__all__ = ["assess", "assess_all", "catalogue", "known_reported", "list_packs", "parse_set", "read_facts"]
