"""Every change of a park's settings, departments, members and map: who, when, before, after and why; the latest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, overload

from ecopark.casework.rules import CLOCK_TEXT, shipped_rules
from ecopark.core.text import Text
from ecopark.web.parks.maps import LOOKS
from ecopark.web.parks.models import Department, MapLayer, Park
from ecopark.web.people import members
from ecopark.web.people.models import ROLE_TEXT, Membership
from ecopark.web.templatetags.ui import say, t

FIELD_TEXT = {
    "name": Text("名称", "name"),
    "name_en": Text("英文名", "English name"),
    "area": Text("区域", "area"),
    "base_year": Text("基年", "base year"),
    "published": Text("公开", "published"),
    "packs": Text("评价标准", "standards"),
    "case_clocks": Text("问题时限", "clocks of cases"),
    "settings": Text("选项与系数", "options and factors"),
    "department": Text("部门", "department"),
    "level": Text("层级", "level"),
    "grid": Text("网格", "grids"),
    "firm": Text("企业", "firm"),
    "role": Text("角色", "role"),
}
PART_TEXT = {
    "base_year": Text("基年", "base year"),
    "options": Text("标准的选项", "options of standards"),
    "bounds": Text("缺项的范围", "bounds of missing figures"),
    "factors": Text("系数", "factors"),
    "confirm": Text("已确认", "confirmed"),
    "grid": Text("电网", "power grid"),
    "values": Text("数值", "values"),
    "titles": Text("称号", "titles"),
    "verified": Text("已核条款", "verified clauses"),
    "policy": Text("准入政策", "admission policy"),
    "ledger_place": Text("总量指标台账", "quota ledger"),
    "grading": Text("亩均效益评价", "per-mu evaluation"),
    "offices": Text("会审部门", "offices of the joint review"),
    "method": Text("评价方法", "method"),
    "narrow": Text("不超过往年的倍数", "so many times its other years"),
    "source": Text("依据文件", "document"),
    **CLOCK_TEXT,
    **{s.id: s.label for s in shipped_rules().severities.values()},
}
COUNTED = frozenset({"registry_changes"})
"""Parts of the settings that the program counts for itself: nobody set them."""
DONE = {"+": Text("新增", "added"), "~": Text("修改", "changed"), "-": Text("移除", "removed")}
BESIDE: tuple[Any, ...] = (Department, Membership, MapLayer)
MEMBER_FIELDS = ("role", "firm", "department", "level", "grid")


class Changes(Sequence[dict[str, Any]]):
    """The changes of one park; those of departments, members and layers are read when a page of them is asked for."""

    def __init__(self, park: Park) -> None:
        self.park = park
        rows: list[tuple[Any, int, Any]] = [(event["at"], 0, event) for event in _of_park(park)]
        for n, model in enumerate(BESIDE, 1):
            known = model.history.filter(park_id=park.pk).values_list("history_date", "history_id")
            rows += [(at, n, key) for at, key in known]
        self._rows = sorted(rows, key=lambda row: (row[0], row[2] if row[1] else 0), reverse=True)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(at, int):
            return self[at : at + 1 or None][0]
        wanted = self._rows[at]
        read: dict[tuple[int, Any], dict[str, Any]] = {}
        for n, model in enumerate(BESIDE, 1):
            keys = [key for _, of, key in wanted if of == n]
            if keys:
                rows = model.history.filter(history_id__in=keys).select_related("history_user")
                rows = rows.defer("features") if model is MapLayer else rows
                read |= {(n, row.history_id): self._beside(model, row) for row in rows}
        return [read[n, event] if n else event for _, n, event in wanted]

    def _beside(self, model: Any, row: Any) -> dict[str, Any]:
        done, named = DONE[row.history_type], getattr(row, "name", "")
        before = after = None
        if model is Membership:
            role = ROLE_TEXT.get(row.role, Text(row.role, row.role))
            user = row.user.shown_name if row.user_id else ""
            text = Text(f"成员{done.zh}：{user}（{role.zh}）", f"member {done.en}: {user} ({role.en})")
            before, after = self._differ(row, MEMBER_FIELDS)
        elif model is MapLayer:
            look = LOOKS[named][0] if named in LOOKS else Text(named, named)
            text = Text(f"地图图层{done.zh}：{look.zh}", f"layer of the map {done.en}: {look.en}")
        else:
            text = Text(f"部门{done.zh}：{named}", f"department {done.en}: {named}")
            before, after = self._differ(row, ("name", "name_en"))
        return _event(row, text, before, after)

    def _differ(self, row: Any, fields: Iterable[str]) -> tuple[str | None, str | None]:
        """What a changed row was and is; None where it is new or gone."""
        if row.history_type != "~" or (last := row.prev_record) is None:
            return None, None
        sides: list[list[str]] = [[], []]
        for name in fields:
            key = f"{name}_id" if name == "department" else name
            old, new = getattr(last, key), getattr(row, key)
            if old != new:
                for side, value in zip(sides, (old, new), strict=True):
                    side.append(f"{say(FIELD_TEXT[name])}{t('：', ': ')}{self._member_said(name, value)}")
        return (t("；", "; ").join(sides[0]), t("；", "; ").join(sides[1])) if sides[0] else (None, None)

    def _member_said(self, name: str, value: Any) -> str:
        if name == "department" and value is not None:
            found = Department.history.filter(id=value).order_by("-history_date", "-history_id").first()
            return say(Text(found.name, found.name_en or found.name)) if found else str(value)
        if name == "level":
            steps = members.levels(self.park)
            return say(steps[value]) if value < len(steps) else str(value)
        if name == "role":
            return say(ROLE_TEXT.get(value, Text(value, value)))
        return _said(value)


def _of_park(park: Park) -> list[dict[str, Any]]:
    events = []
    rows = list(park.history.select_related("history_user").order_by("-history_date", "-history_id"))
    for now, before in pairwise(rows):
        for change in now.diff_against(before).changes:
            label = FIELD_TEXT.get(change.field, Text(change.field, change.field))
            old, new = change.old, change.new
            if isinstance(old, dict) and isinstance(new, dict):
                old, new = (
                    {k: v for k, v in one.items() if old.get(k) != new.get(k) and k not in COUNTED}
                    for one in (old, new)
                )
                if not old and not new:
                    continue
            events.append(_event(now, label, _said(old), _said(new)))
    return events


def _event(row: Any, what: Text, before: str | None = None, after: str | None = None) -> dict[str, Any]:
    return {
        "at": row.history_date, "who": row.history_user.shown_name if row.history_user else "", "what": what,
        "before": before, "after": after, "why": row.history_change_reason or "",
    }  # fmt: skip


def _said(value: Any) -> str:
    """A value of the settings in plain words: no brackets, nothing for what is empty, a name before each part."""
    return _plain(value)[:300] or "—"


def _plain(value: Any) -> str:
    if value in (None, "", {}, []):
        return ""
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, dict):
        order = {name: number for number, name in enumerate(PART_TEXT)}  # a database may give the parts in any order
        known = sorted(value.items(), key=lambda part: (order.get(part[0], len(order)), part[0]))
        parts = ((PART_TEXT.get(k, Text(k, k)), _plain(v)) for k, v in known)
        return t("；", "; ").join(f"{say(name)}{t('：', ': ')}{text}" for name, text in parts if text)
    if isinstance(value, list | tuple):
        return t("、", ", ").join(filter(None, map(_plain, value)))
    return str(value)
