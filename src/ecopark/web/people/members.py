"""Who works in a park: add, change and remove members, each with a reason that stays in the history."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from ecopark.casework.grids import Grids
from ecopark.core.text import RefusedError, Text
from ecopark.web.cases.work import rules_of
from ecopark.web.parks.models import Department, Park
from ecopark.web.people.models import Membership, User
from ecopark.web.typed import number_in

GIVEN = ("office", "firm", "keeper", "consultant", "viewer")
"""Roles that the park office may give; a reviewer of an area is made by an administrator."""


class MemberError(RefusedError):
    """The member cannot be changed so; `text` says why."""


@transaction.atomic
def add(
    park: Park, username: str, role: str, by: Any, reason: str, *, name: str = "", firm: str = "", department: str = "",
    grids: str = "", level: str = "",
) -> tuple[Membership, str]:  # fmt: skip
    """Give somebody a role in the park; who has no account gets one.

    Parameters
    ----------
    name
        Family name or whole name of somebody new.
    firm
        Key of the firm a reporter reports for.
    grids
        Ids of the grids, or of whole areas of grids, that a keeper keeps; with spaces.
    level
        Number of the level of escalation that somebody of the office is; empty: an officer.

    Returns
    -------
    membership, password
        The password of a new account, to be handed over and changed; empty where the account was there.

    Raises
    ------
    MemberError
        No such role, department or level, a reporter without a firm of the park,
        a name that cannot be used, or they have the role already.
    """
    username = username.strip()
    if role not in GIVEN:
        raise MemberError(Text("请选择角色。", "Choose a role."))
    if role == "firm" and not park.subjects.filter(key=firm, kind="firm").exists():
        raise MemberError(Text("企业填报人须指定本园区的企业。", "A reporter needs a firm of this park."))
    kept = _grids(park, grids) if role == "keeper" else ""
    try:
        UnicodeUsernameValidator()(username)
        if not username or len(username) > 150:
            raise ValidationError("length")
    except ValidationError:
        raise MemberError(
            Text("用户名只能含字母、数字和 @ . + - _", "A user name has letters, digits and @ . + - _ only.")
        ) from None
    user = User.objects.filter(username=username).first()
    password = ""
    if user is None:
        password = secrets.token_urlsafe(9)
        user = User(username=username, last_name=name.strip()[:150])
        user.set_password(password)
        _saved(user, by, reason)
    firm = firm if role == "firm" else ""
    if Membership.objects.filter(user=user, role=role, park=park, firm=firm, area="").exists():
        raise MemberError(Text("此人已有这个角色。", "They have this role already."))
    made = Membership(
        user=user,
        role=role,
        park=park,
        firm=firm,
        department=_department(park, department),
        grid=kept,
        level=_level(park, level) if role == "office" else 0,
    )
    _saved(made, by, reason)
    return made, password


@transaction.atomic
def change(membership: Membership, by: Any, reason: str, *, department: str, level: str) -> None:
    """Put somebody of the office into another department or level.

    Raises
    ------
    MemberError
        They are not of the office, or there is no such department or level.
    """
    if membership.role != "office" or membership.park is None:
        raise MemberError(
            Text("只有园区办成员有部门和层级。", "Only members of the park office have a department and a level.")
        )
    found, number = _department(membership.park, department), _level(membership.park, level)
    if (membership.department, membership.level) == (found, number):
        return
    membership.department, membership.level = found, number
    _saved(membership, by, reason)


def levels(park: Park) -> tuple[Text, ...]:
    """The levels somebody of the office can be: an officer, then those to whom late cases are escalated."""
    first, *above = rules_of(park).escalation
    return (Text("经办人", "officer"), *(one.label for one in above)) if first else ()


def _department(park: Park, key: str) -> Department | None:
    found = park.departments.filter(key=key).first() if key else None
    if key and found is None:
        raise MemberError(
            Text("部门不存在或已撤并，请另选。", "There is no such department (any more). Choose another.")
        )
    return found


def _level(park: Park, text: str) -> int:
    number = number_in(text or "0")
    if number is None or number >= len(levels(park)):
        raise MemberError(Text("请选择层级。", "Choose a level of the office."))
    return number


@transaction.atomic
def remove(membership: Membership, by: Any, reason: str) -> None:
    """Take a role away; the history keeps it.

    Raises
    ------
    MemberError
        It is the last person of the park office.
    """
    offices = Membership.objects.select_for_update().filter(park=membership.park, role="office")
    if membership.role == "office" and offices.count() == 1:
        raise MemberError(Text("园区办至少要留一人。", "Somebody of the park office must stay."))
    membership._change_reason = reason
    membership._history_user = by
    membership.delete()


def _grids(park: Park, text: str) -> str:
    """The grids a keeper keeps, each known to the park's map."""
    wanted = text.replace(",", " ").replace("，", " ").replace("、", " ").split()
    layer = park.layers.filter(name="grids").first()
    grids = Grids(layer.features).grids if layer else ()
    known = {name for grid in grids for name in (grid.id, grid.area) if name}
    wrong = [name for name in wanted if name not in known]
    if wrong:
        some = ", ".join(sorted(known)[:12]) or "—"
        raise MemberError(
            Text(
                f"园区地图上没有网格 {'、'.join(wrong)}。现有：{some}。",
                f"The park's map has no grid {', '.join(wrong)}. There are: {some}.",
            )
        )
    return " ".join(wanted)[:200]


def _saved(row: Membership | User, by: Any, reason: str) -> None:
    row._change_reason = reason
    row._history_user = by
    row.save()
