"""A project as its investor describes it: JSON, YAML or the Excel form into a `Project`; every problem with its place.

Only the name and the facts are required. A ratio (`energy_intensity`, `tax_per_mu`) may be given as a reported rate; where
the figures it is made from are there, the computed value wins and a difference is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecopark.admission.industry import STANDARD, industries, named, nearest
from ecopark.admission.project_form import FormMap, read_form
from ecopark.admission.ratios import Ratio, by_name, shared_ratios
from ecopark.core.period import ALWAYS, Period, year
from ecopark.core.unit import unit
from ecopark.errors import InputError, Place, Problem, UnitError, did_you_mean
from ecopark.observations.model import Facts, Observation, Subject
from ecopark.observations.numbers import NotApplicable, UnreadableError, read_number, shown
from ecopark.observations.quantity import catalogue
from ecopark.observations.rows import RawRow, RowReader, read_period
from ecopark.packs.yaml_lines import Map, load_yaml

SUBJECT = "project"
OPINIONS = ("agree", "conditions", "oppose", "abstain")
KINDS = ("new", "expansion", "retrofit")
NO_PERIOD = Period(1900)
"""Stands for "no period given" while rows are read: a project's figures are those of full production."""
KEYS = {
    "name", "id", "kind", "industry_code", "facts", "words", "processes", "products", "technology", "parcel", "group",
    "geometry", "opinions", "start", "note", "source", "invented",
}  # fmt: skip
FACT_KEYS = {"quantity", "value", "unit", "by", "period", "source", "note"}
MAX_FACTS = 5000


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an office says about a project in the joint review.

    Parameters
    ----------
    office
        Id of the office as the policy names it.
    opinion
        ``agree``, ``conditions`` (agrees if something is done), ``oppose`` or ``abstain``.
    by, date
        Who signed it, and when.
    how, recorder, reference
        ``account``: signed by an account of the office; ``paper``: somebody else has recorded it from a paper, which is named
        here; empty: not said.
    """

    office: str
    opinion: str
    by: str = ""
    date: str = ""
    note: str = ""
    how: str = ""
    recorder: str = ""
    reference: str = ""

    @property
    def signed(self) -> bool:
        """Whether somebody put name and date to it."""
        return bool(self.by and self.date)


@dataclass(frozen=True)
class Project:
    """A project that asks to be admitted.

    Parameters
    ----------
    name
        What it is called.
    facts
        Its figures, under the subject ``project``; those without a period are figures of full production.
    industry_code
        Class of GB/T 4754-2017, or empty.
    words
        Processes, products and technology in the investor's words.
    kind
        ``new``, ``expansion`` or ``retrofit``.
    parcel, group, geometry
        Where it wants to settle: id of a parcel or group of the park, or a GeoJSON geometry as text.
    start
        First year of production, or None.
    given
        The description as it was read, for the register.
    place, cells
        Where the description stands, and each of its entries.
    """

    name: str
    facts: Facts
    industry_code: str = ""
    words: tuple[str, ...] | None = None
    kind: str = "new"
    parcel: str = ""
    group: str = ""
    geometry: str = ""
    opinions: tuple[Opinion, ...] = ()
    start: int | None = None
    warnings: tuple[Problem, ...] = ()
    given: str = ""
    place: Place = field(default_factory=Place)
    cells: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def at(self, key: str) -> Place:
        """Where an entry of the description stands."""
        return self.cells.get(key, self.place)

    def period(self, default: int) -> Period:
        """The year the thresholds are held against: the last one with figures (full production)."""
        years = self.facts.years(SUBJECT)
        return year(years[-1] if years else default)

    def observation(self, quantity: str, period: Period, by: str = "") -> Observation | None:
        """The figure of a quantity or ratio in a period."""
        return self.facts.get(SUBJECT, quantity, period, by)

    def with_values(self, values: Mapping[tuple[str, str], Fraction], period: Period) -> Project:
        """The same project with other figures, by (quantity, breakdown)."""
        made = []
        for o in self.facts.observations:
            current = self.facts.get(SUBJECT, o.quantity, period, o.by)
            value = values.get((o.quantity, o.by)) if current is o else None
            made.append(o if value is None else replace(o, value=value, given=""))
        return replace(self, facts=_facts(made))


def read_project(source: Any, extra: Iterable[Ratio] = ()) -> Project:
    """Read a project.

    Parameters
    ----------
    source
        Path of a JSON or YAML file or of a filled Excel form, a mapping, or a project already read.
    extra
        Ratios that the policy adds to the shared ones.

    Raises
    ------
    InputError
        With every problem of the description and its place.

    Examples
    --------
    >>> read_project({"name": "P", "facts": [{"quantity": "far", "value": "1.2", "unit": "1"}]}).name
    'P'
    """
    if isinstance(source, Project):
        return source
    if isinstance(source, Mapping):
        return _Reader("", source, extra).read()
    path = Path(source)
    return _Reader(path.name, _load(path), extra).read()


def _load(path: Path) -> Any:
    if not path.is_file():
        zh, en = "没有这个项目文件", "there is no such project file"
        raise InputError([Problem("no-file", Place(str(path)), zh, en, "请核对路径。", "Check the path.")])
    if path.suffix.lower() in (".yaml", ".yml"):
        return load_yaml(path, path.name)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_form(path)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        problem = Problem(
            "not-json", Place(path.name, line=line), f"不是有效的 JSON：{error}", f"not valid JSON: {error}",
            "请用 .json、.yaml 或 .xlsx 文件。", "Give a .json, .yaml or .xlsx file.",
        )  # fmt: skip
        raise InputError([problem]) from None


class _Reader:
    """Reads one description and keeps the problems."""

    def __init__(self, file: str, data: Any, extra: Iterable[Ratio]) -> None:
        self.file, self.data = file, data
        self.ratios = by_name([*shared_ratios().values(), *extra])
        self.problems: list[Problem] = []

    def place(self, node: Any, where: str) -> Place:
        if isinstance(node, Map):
            return Place(self.file, line=node.line)
        if isinstance(node, FormMap):
            return node.place
        return Place(self.file or "project", cell=where)

    def at(self, key: str) -> Place:
        """Where an entry of the description stands."""
        if isinstance(self.data, Map):
            return Place(self.file, line=self.data.line_of(key))
        if isinstance(self.data, FormMap):
            return self.data.place_of(key)
        return Place(self.file or "project", cell=key if key in self.data else "")

    def problem(
        self,
        code: str,
        place: Place,
        zh: str,
        en: str,
        repair_zh: str = "",
        repair_en: str = "",
        severity: str = "error",
    ) -> None:
        self.problems.append(Problem(code, place, zh, en, repair_zh, repair_en, severity))

    def read(self) -> Project:
        data = self.data
        if not isinstance(data, Mapping):
            zh, en = "项目应为映射：name、facts……", "a project is a mapping with name and facts"
            raise InputError([Problem("project-shape", self.place(None, ""), zh, en)])
        top = self.place(data, "")
        for key in data:
            self._known(str(key), KEYS, self.at(str(key)), "项目", "the project")
        name = str(data.get("name") or "").strip()
        if not name:
            self.problem("name-missing", self.at("name"), "缺项目名称 name", "the project has no name")
        code = self._code(data.get("industry_code"), self.at("industry_code"))
        kind = str(data.get("kind") or "new")
        if kind not in KINDS:
            self.problem(
                "unknown-kind",
                self.at("kind"),
                f"项目性质 '{kind}' 无效",
                f"kind '{kind}' is none of {', '.join(KINDS)}",
            )
        observations = self._facts(data.get("facts"), self.at("facts"))
        words = [w for key in ("words", "processes", "products", "technology") for w in self._words(data.get(key), key)]
        given = any(data.get(key) is not None for key in ("words", "processes", "products", "technology"))
        project = Project(
            name=name,
            facts=_facts(observations),
            industry_code=code,
            words=tuple(dict.fromkeys(words)) if given else None,
            kind=kind,
            parcel=str(data.get("parcel") or "").strip(),
            group=str(data.get("group") or "").strip(),
            geometry=self._geometry(data.get("geometry"), self.at("geometry")),
            opinions=self._opinions(data.get("opinions"), self.at("opinions")),
            start=self._start(data.get("start"), self.at("start")),
            given=json.dumps(data, ensure_ascii=False, sort_keys=True, default=str),
            place=top,
            cells={str(key): self.at(str(key)) for key in data},
        )
        if any(p.severity == "error" for p in self.problems):
            raise InputError(self.problems)
        return replace(project, warnings=tuple(self.problems))

    def _known(self, key: str, known: set[str], place: Place, zh: str, en: str) -> None:
        if key in known:
            return
        near = did_you_mean(key, sorted(known))
        self.problem(
            "unknown-key", place, f"{zh}中有未知的键 '{key}'", f"unknown key '{key}' in {en}.", near, near,
            "error" if near else "warning",
        )  # fmt: skip

    def _code(self, given: Any, place: Place) -> str:
        code = str(given or "").strip().upper()
        if code[:1].isalpha() and len(code) > 1:
            code = code[1:]
        if not code or (code in industries() and len(code) > 1):
            return code
        near = [named(c) for c in nearest(code)]
        self.problem(
            "unknown-industry-code", place, f"{STANDARD} 没有行业代码 '{code}'", f"{STANDARD} has no code '{code}'.",
            f"相近的有：{'；'.join(near)}" if near else "", f"Nearest: {'; '.join(near)}" if near else "",
        )  # fmt: skip
        return code

    def _words(self, given: Any, key: str) -> list[str]:
        if given is None or given == "":
            return []
        found = given if isinstance(given, list | tuple) else [given]
        return [str(w).strip() for w in found if str(w).strip()]

    def _start(self, given: Any, place: Place) -> int | None:
        if given in (None, ""):
            return None
        text = str(given)
        if not (text.isdecimal() and 1980 <= int(text) <= 2100):
            self.problem("bad-period", place, f"投产年份 '{text}' 无效", f"start '{text}' is no year")
            return None
        return int(text)

    def _opinions(self, given: Any, place: Place) -> tuple[Opinion, ...]:
        found: list[Opinion] = []
        for number, node in enumerate(given if isinstance(given, list) else []):
            at = self.place(node, f"opinions[{number}]")
            word = str(node.get("opinion") or "") if isinstance(node, Mapping) else ""
            if not isinstance(node, Mapping) or not node.get("office") or word not in OPINIONS:
                zh, en = (
                    "会审意见应含 office 与 opinion",
                    f"an opinion has office and opinion ({', '.join(OPINIONS)})",
                )
                self.problem("opinion-shape", at, zh, en)
                continue
            if any(o.office == str(node["office"]) for o in found):
                zh, en = (
                    f"{node['office']} 有两份意见，以后一份为准",
                    f"{node['office']} gave two opinions; the later line counts",
                )
                self.problem("opinion-twice", at, zh, en, severity="warning")
            rest = (str(node.get(k) or "") for k in ("by", "date", "note", "how", "recorder", "reference"))
            found.append(Opinion(str(node["office"]), word, *rest))
        return tuple(found)

    def _geometry(self, given: Any, place: Place) -> str:
        if given in (None, ""):
            return ""
        from ecopark.admission.places import read_geometry

        try:
            return read_geometry(given)
        except ValueError as error:
            self.problem("bad-geometry", place, f"geometry 读不懂：{error}", f"the geometry cannot be used: {error}")
            return ""

    # -- facts ---------------------------------------------------------------------------------------------------------

    def _facts(self, given: Any, top: Place) -> list[Observation]:
        if not isinstance(given, list | tuple):
            self.problem("facts-missing", top, "缺 facts 列表", "the project has no list of facts")
            return []
        if len(given) > MAX_FACTS:
            self.problem("too-many-facts", top, f"超过 {MAX_FACTS} 项", f"there are more than {MAX_FACTS} facts")
            return []
        reader = RowReader([Subject(SUBJECT, SUBJECT, "project")], default_subject=SUBJECT)
        rates: dict[tuple[str, Period], Observation] = {}
        for number, node in enumerate(given):
            place = self.place(node, f"facts[{number}]")
            if not isinstance(node, Mapping) or not node.get("quantity") or "value" not in node:
                zh, en = "数据应含 quantity、value、unit", "a fact is a mapping with quantity, value and unit"
                self.problem("fact-shape", place, zh, en)
                continue
            for key in node:
                self._known(str(key), FACT_KEYS, place, "数据", "a fact")
            name = str(node["quantity"]).strip()
            if name in self.ratios:
                self._rate(node, self.ratios[name], place, rates)
            elif name in catalogue() or reader.meanings.find(name) is not None:
                reader.add(_raw(node, name, place))
            else:
                near = did_you_mean(name, [*catalogue().names, *self.ratios])
                repair = "可用 ecopark quantities --like 查询。", "See: ecopark quantities --like WORD"
                self.problem(
                    "unknown-quantity", place, f"没有数据项“{name}”。", f"unknown quantity '{name}'.",
                    f"{near} {repair[0]}".strip(), f"{near} {repair[1]}".strip(),
                )  # fmt: skip
        observations = [replace(o, period=ALWAYS) if o.period == NO_PERIOD else o for o in reader.finish()]
        self.problems += reader.problems
        return [*observations, *rates.values()]

    def _rate(
        self, node: Mapping[str, Any], ratio: Ratio, place: Place, found: dict[tuple[str, Period], Observation]
    ) -> None:
        try:
            number = read_number(node["value"])
        except UnreadableError as error:
            label = ratio.label
            self.problem("unreadable", place, f"{label.zh}读不懂：{error.zh}", f"{ratio.id} cannot be read: {error.en}")
            return
        if number is None or isinstance(number, NotApplicable):
            return
        text = str(node.get("unit") or "").strip() or number.percent or number.unit or ratio.unit
        try:
            factor = unit(text).factor_to(unit(ratio.unit))
        except UnitError as error:
            self.problem("unit", place, f"{ratio.label.zh}：{error}", f"{ratio.id}: {error}")
            return
        try:
            period = read_period(node.get("period"))
        except ValueError as error:
            self.problem("bad-period", place, f"期间读不懂：{error}", f"{error}")
            return
        if number.value < 0:
            given = shown(node["value"])
            zh, en = f"{ratio.label.zh}不能为负：{given}", f"{ratio.label.en} cannot be negative: {given}"
            self.problem("impossible-value", place, zh, en)
        made = Observation(
            SUBJECT, ratio.id, period, number.value * factor, ratio.unit, "", f"{shown(node['value'])} {text}",
            source=str(node.get("source") or ""), note=str(node.get("note") or ""), place=place,
        )  # fmt: skip
        earlier = found.setdefault((ratio.id, period), made)
        if earlier is not made and earlier.value != made.value:
            zh, en = f"{ratio.label.zh}填报了两个不同的值", f"{ratio.id} is given twice with different values"
            self.problem("differs", place, zh, en)


def _raw(node: Mapping[str, Any], name: str, place: Place) -> RawRow:
    by = node.get("by") or ""
    if isinstance(by, Mapping):
        by = ";".join(f"{k}={v}" for k, v in sorted(by.items()))
    period = node.get("period")
    period = NO_PERIOD.year if period in (None, "") else str(period)
    source, note = str(node.get("source") or ""), str(node.get("note") or "")
    return RawRow(SUBJECT, name, period, node["value"], str(node.get("unit") or ""), str(by), source, note, place)


def _facts(observations: list[Observation]) -> Facts:
    return Facts(observations, [Subject(SUBJECT, SUBJECT, "project")], settings={"factors": {}})
