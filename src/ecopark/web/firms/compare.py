"""The rows of a table of firms beside the registry: new, changed, conflicting, unchanged, unusable.

A firm is found by its id, then by its credit code, then by its name. What is only alike (the same credit code under another
name, a name that differs in brackets or in 有限公司) is never merged by itself: a person decides of every such row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecopark.admission.industry import industries, named, nearest
from ecopark.core.text import Text
from ecopark.errors import did_you_mean
from ecopark.grading.credit_code import read_code
from ecopark.grading.match import plain_name
from ecopark.web.firms import registry
from ecopark.web.firms.models import RegistryLine
from ecopark.web.firms.tables import YEARS, Row
from ecopark.web.parks.models import Park, Subject
from ecopark.web.typed import number_in

AT_ONCE = 500
"""After so many rows the caller hears how far it is."""

Heard = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm as the registry has it."""

    pk: int
    key: str
    fields: dict[str, Any]

    def told(self) -> dict[str, str]:
        """How it is named beside a row that is like it."""
        return {"key": self.key, "name": self.fields["name"], "credit_code": self.fields["credit_code"]}


@dataclass
class Registry:
    """The registry of a park, ready to be asked many times."""

    park: str
    firms: dict[str, Firm] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    codes: dict[str, list[Firm]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[Firm]] = field(default_factory=lambda: defaultdict(list))
    alike: dict[str, list[Firm]] = field(default_factory=lambda: defaultdict(list))
    groups: dict[str, str] = field(default_factory=dict)
    parcels: frozenset[str] = frozenset()


def registry_of(park: Park) -> Registry:
    """Everything that rows are held against."""
    found = Registry(park.key, parcels=frozenset(registry.park_parcels(park)))
    for s in Subject.objects.filter(park=park).iterator(chunk_size=5000):
        if s.kind in ("park", "group"):
            found.groups[s.key] = s.key
            found.groups.setdefault(s.name, s.key)
        if s.kind != "firm":
            found.others.add(s.key)
            continue
        firm = Firm(s.pk, s.key, registry.fields_of(s))
        found.firms[s.key] = firm
        found.names[s.name].append(firm)
        found.alike[plain_name(s.name)].append(firm)
        if s.credit_code:
            found.codes[s.credit_code].append(firm)
    return found


def compare(known: Registry, rows: Sequence[Row], heard: Heard = lambda done, total: None) -> list[RegistryLine]:
    """Every row beside the registry; nothing is stored.

    Parameters
    ----------
    heard
        Is told how many of how many rows are done.
    """
    seen = _Seen()
    found = []
    for number, row in enumerate(rows):
        if number % AT_ONCE == 0:
            heard(number, len(rows))
        found.append(_line(known, row, seen))
    return found


@dataclass
class _Seen:
    """What earlier rows of the same table had: the place of each key, credit code and name (with its code)."""

    keys: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

    def again(self, place: str, key: str, fields: dict[str, Any]) -> list[Text]:
        """That the same firm stands in an earlier row; one name under two credit codes is two firms."""
        code, name = fields.get("credit_code", ""), fields.get("name", "")
        earlier = [kept.setdefault(v, place) for v, kept in ((key, self.keys), (code, self.codes)) if v]
        if name:
            first, its_code = self.names.setdefault(name, (place, code))
            earlier += [] if code and its_code else [first]
        other = next((e for e in earlier if e != place), None)
        return (
            [Text(f"与 {other} 是同一家企业，请只留一行。", f"the same firm as {other}: keep one row.")]
            if other
            else []
        )


def _line(known: Registry, row: Row, seen: _Seen) -> RegistryLine:
    line = RegistryLine(number=row.number, place=row.place[:300], given=row.given)
    fields, problems = usable(known, row.given)
    problems = [*row.problems, *problems]
    firm, group, words, like, may = _who(known, row.given, fields)
    key = firm.key if firm else new_key(row.given, fields)
    problems += seen.again(row.place, key if group != "conflicting" or may == ["update"] else "", fields)
    if group == "new":
        problems += _unfit(known, key, fields)
    line.key, line.like, line.may = key[:120], [f.told() for f in like], may
    if firm is not None:
        line.after = {k: v for k, v in fields.items() if v != firm.fields[k]}
        line.before = {k: firm.fields[k] for k in line.after}
        problems += _backwards(firm.fields | fields)
        group = group or ("changed" if line.after else "same")
    else:
        line.after = {k: v for k, v in fields.items() if v not in ("", None)}
        problems += _backwards(fields)
    if problems:
        group, line.may, words = "unusable", [], problems
    line.group = group
    line.problem_zh = "；".join(w.zh.rstrip("。") for w in words) + ("。" if words else "")
    line.problem_en = "; ".join(w.en.rstrip(".") for w in words) + ("." if words else "")
    return line


def usable(known: Registry, given: dict[str, str]) -> tuple[dict[str, Any], list[Text]]:
    """The filled fields as they would be stored, and everything that is wrong with them."""
    fields: dict[str, Any] = {}
    problems: list[Text] = []
    if name := given.get("name", ""):
        fields["name"] = name
    if text := given.get("credit_code", ""):
        code, state = read_code(text)
        fields["credit_code"] = code[:18]
        if state == "invalid":
            problems.append(
                Text(
                    f"统一社会信用代码“{code[:30]}”校验位不符，请核对营业执照。",
                    f"the credit code '{code[:30]}' has a wrong check character: look at the licence.",
                )
            )
    if text := given.get("industry_code", ""):
        code = _industry(text)
        fields["industry_code"] = code
        if code not in industries():
            near = [named(c) for c in nearest(code)]
            near_zh, near_en = "、".join(near), ", ".join(near)
            problems.append(
                Text(
                    f"行业代码“{text[:30]}”不在 GB/T 4754-2017。{f'是否指：{near_zh}？' if near else ''}",
                    f"'{text[:30]}' is no code of GB/T 4754-2017.{f' Did you mean: {near_en}?' if near else ''}",
                )
            )
    if text := given.get("parent", ""):
        fields["parent"] = known.groups.get(text, text)
        if text not in known.groups:
            near_zh, near_en = (did_you_mean(text, list(known.groups), lang=k) for k in ("zh", "en"))
            problems.append(
                Text(
                    f"没有组团“{text[:60]}”。{near_zh}请先在“组团”页建立。",
                    f"there is no group '{text[:60]}'. {near_en} Add it on the page of groups first.",
                )
            )
    for name in YEARS:
        if (year := number_in(given.get(name, ""))) is not None:
            fields[name] = year
    if text := given.get("parcel", ""):
        fields["parcel"] = registry.parcels_in(text)
        if wrong := registry.unknown_parcels(known.parcels, fields["parcel"]):
            problems.append(wrong)
    return fields, problems


def _industry(text: str) -> str:
    """``C2614 有机化学原料制造`` as the code alone."""
    first = text.split(" ", 1)[0].upper()
    digits = "".join(c for c in first if c.isascii() and c.isdecimal())
    return digits[:8] if digits else first[:8]


Who = tuple[Firm | None, str, list[Text], list[Firm], list[str]]


def _who(known: Registry, given: dict[str, str], fields: dict[str, Any]) -> Who:
    """Whose row it is: the firm, the group that decides (empty: by what differs), why, what it is like, what may be done."""
    key, code, name = given.get("key", ""), fields.get("credit_code", ""), fields.get("name", "")
    by_code = known.codes.get(code, []) if code else []
    if (firm := known.firms.get(key)) is not None:
        others = [f for f in by_code if f is not firm]
        if others:
            return firm, "conflicting", [_code_of_another(others)], others, []
        if code and firm.fields["credit_code"] not in ("", code):
            return firm, "conflicting", [_other_code(firm)], [firm], ["update"]
        return firm, "", [], [], []
    if len(by_code) > 1:
        return by_code[0], "conflicting", [_doubles(by_code)], by_code, []
    if by_code:
        firm = by_code[0]
        if name and plain_name(name) != plain_name(firm.fields["name"]):
            return firm, "conflicting", [_other_name(firm)], [firm], ["update"]
        return firm, "", [_kept_key(firm)] if key else [], [], []
    same = known.names.get(name, []) if name else []
    if len(same) == 1 and not (code and same[0].fields["credit_code"]):
        return same[0], "", [_kept_key(same[0])] if key else [], [], []
    like = same or (known.alike.get(plain_name(name), []) if name else [])
    if like:
        return (like[0], "conflicting", [_like(like)], like[:5], ["update", "new"] if len(like) == 1 else ["new"])
    return None, "new", [], [], []


def new_key(given: dict[str, str], fields: dict[str, Any]) -> str:
    """The id a new firm gets: as given, else its credit code, else its name."""
    return str(given.get("key") or fields.get("credit_code") or fields.get("name") or "")[:120]


def _unfit(known: Registry, key: str, fields: dict[str, Any]) -> list[Text]:
    """What keeps a row from becoming a new firm."""
    problems = []
    if not fields.get("name"):
        problems.append(
            Text("名册里没有这家企业，新增须填企业名称。", "the registry does not have it; a new firm needs its name.")
        )
    if key in known.others:
        problems.append(
            Text(f"编号“{key}”已有其他用途，请换一个。", f"the id '{key}' is taken by something else: choose another.")
        )
    return problems


def _backwards(fields: dict[str, Any]) -> list[Text]:
    since, until = fields.get("since"), fields.get("until")
    if since is None or until is None or since <= until:
        return []
    return [Text(f"退出年份 {until} 早于入园年份 {since}。", f"it left in {until}, before it came in {since}.")]


def _names(firms: Iterable[Firm]) -> Text:
    some = list(firms)[:5]
    return Text(
        "、".join(f"{f.fields['name']}（{f.key}）" for f in some),
        ", ".join(f"{f.fields['name']} ({f.key})" for f in some),
    )


def _code_of_another(firms: list[Firm]) -> Text:
    return Text(
        f"这个信用代码是另一家企业的：{_names(firms).zh}。请核对编号或信用代码。",
        f"another firm has this credit code: {_names(firms).en}. Check the id or the code.",
    )


def _other_code(firm: Firm) -> Text:
    stored = firm.fields["credit_code"]
    return Text(
        f"编号相同，但名册里的信用代码是 {stored}。请决定是否以表为准。",
        f"the same id, but the registry has the credit code {stored}. Decide whether the table is right.",
    )


def _other_name(firm: Firm) -> Text:
    return Text(
        f"信用代码相同，但名册里名称是“{firm.fields['name']}”。更名请选“更新”，否则核对代码。",
        f"the same credit code, but the registry calls it '{firm.fields['name']}'. Renamed: choose update; else check.",
    )


def _doubles(firms: list[Firm]) -> Text:
    return Text(
        f"名册里有多家企业用这个信用代码：{_names(firms).zh}。请先合并重复登记。",
        f"several entries have this credit code: {_names(firms).en}. Merge the doubles first.",
    )


def _like(firms: list[Firm]) -> Text:
    return Text(
        f"名称与名册里的 {_names(firms).zh} 相近。同一家选“更新”，不是选“新增”。",
        f"its name is like {_names(firms).en}. Choose update if it is the same firm, new if not.",
    )


def _kept_key(firm: Firm) -> Text:
    return Text(f"名册里编号是 {firm.key}，保持不变。", f"the registry has the id {firm.key}, which stays.")
