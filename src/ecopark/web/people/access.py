"""The one place that decides who may do what.

`enter` is called first by every view, page and API call alike. Whoever may not know that a park or firm exists gets 404;
whoever may know but not do gets 403. Querysets that a person may see come from the `Standing` that `enter` gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from ecopark.web.parks.models import Park, Subject
from ecopark.web.people.models import Membership, User

ROLES_FOR = {
    # what a person wants to do: the roles in that park that may
    "see_park": ("office", "consultant", "reviewer", "firm", "keeper", "viewer"),
    "see_published": ("office", "consultant", "reviewer", "firm", "keeper", "viewer"),
    "see_figures": ("office", "consultant", "reviewer", "firm"),
    "write_figures": ("office", "consultant", "firm"),
    "import_figures": ("office", "consultant"),
    "import_own": ("office", "consultant", "firm"),
    "accept_figures": ("office",),
    "see_evidence": ("office", "consultant", "reviewer", "firm"),
    "see_assessments": ("office", "consultant", "reviewer", "viewer"),
    "see_values": ("office", "consultant", "reviewer"),
    "see_signatures": ("office", "consultant", "reviewer", "firm", "keeper"),
    "see_titles": ("office", "consultant", "reviewer"),
    "make_dossier": ("office", "consultant", "reviewer"),
    "make_briefing": ("office", "consultant", "reviewer"),
    "try_what_if": ("office", "consultant", "reviewer"),
    "compare": ("office", "consultant", "reviewer"),
    "see_tasks": ("office", "consultant", "reviewer"),
    "write_tasks": ("office", "consultant"),
    "see_cases": ("office", "consultant", "reviewer", "keeper", "firm"),
    "report_case": ("office", "consultant", "keeper", "firm"),
    "assign_case": ("office",),
    "rectify_case": ("office", "firm", "keeper"),
    "verify_case": ("office", "keeper", "consultant"),
    "see_projects": ("office", "reviewer"),
    "decide_projects": ("office",),
    "see_firms": ("office", "consultant", "reviewer", "firm"),
    "write_firms": ("office",),
    "enter_care": ("office", "consultant", "firm"),
    "see_grades": ("office", "reviewer", "firm"),
    "decide_appeals": ("office",),
    "file_appeal": ("office", "firm"),
    "simulate_grades": ("office", "reviewer"),
    "see_land": ("office", "consultant", "reviewer"),
    "verify_clause": ("office", "consultant"),
    "comment": ("office", "consultant", "reviewer"),
    "hand_up": ("office",),
    "return_assessment": ("reviewer",),
    "see_history": ("office", "consultant", "reviewer", "firm"),
    "settings": ("office",),
}
"""Firm reporters always see only what is their own firm's; viewers only what the park publishes: verdicts, not values."""

WIDE = frozenset({"office", "consultant", "reviewer"})
"""Roles that see all firms of a park."""


@dataclass(frozen=True)
class Standing:
    """What a user is in one park.

    Parameters
    ----------
    roles
        The user's roles in this park; an administrator has ``admin``.
    firms
        Keys of the firms they report for.
    grids
        Ids of the grids, or of whole areas of grids, they keep.
    departments
        Keys of the departments of the office they belong to.
    level
        Number of the level of escalation that they are in the office: 0 an officer, above that late cases are told to them.
    anywhere
        The user's roles in this or any other park or area.
    """

    user: Any
    park: Park
    roles: frozenset[str]
    firms: frozenset[str]
    grids: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    level: int = 0
    anywhere: frozenset[str] = frozenset()

    @property
    def office(self) -> bool:
        """Whether they belong to the park office (an administrator stands in for it)."""
        return bool(self.roles & {"office", "admin"})

    def may(self, action: str, subject: str | None = None) -> bool:
        """Whether the user may do `action`, on the subject with this key if given."""
        if "admin" in self.roles:
            return True
        able = self.roles & set(ROLES_FOR[action])
        if able == {"viewer"} and not self.park.published:
            return False
        if not able:
            return False
        if subject is None or able & (WIDE | {"keeper"}):
            return True
        if "firm" in able:
            return subject in self.firms or (subject == self.park.key and action in ("see_park", "see_published"))
        return subject == self.park.key

    def need(self, action: str) -> None:
        """Go on only if the user may do `action`.

        Raises
        ------
        PermissionDenied
            They may not.
        """
        if not self.may(action):
            raise PermissionDenied

    @property
    def wide(self) -> bool:
        """Whether all firms of the park are open to this user."""
        return bool(self.roles & (WIDE | {"admin"}))

    @property
    def own_subject(self) -> str:
        """Key of the subject a page is about that names none: the park, or a reporter's own firm (empty: there is none)."""
        return self.park.key if self.wide else min(self.firms, default="")

    def subjects(self) -> QuerySet[Subject]:
        """The subjects of the park this user may know."""
        found = self.park.subjects.all()
        if self.wide:
            return found
        if "firm" in self.roles:
            return found.filter(key__in=self.firms)
        return found.filter(kind="park")

    def of_subjects(self, rows: QuerySet[Any], field: str = "subject__key") -> QuerySet[Any]:
        """Rows cut down to the subjects this user may know; `field` is the path to the subject's key."""
        if self.wide:
            return rows
        if "firm" in self.roles:
            return rows.filter(**{f"{field}__in": self.firms})
        return rows.none()

    def of_cases(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Cases this user may know: all; a reporter those of their firm; a keeper those of their grids; what they reported."""
        if self.wide:
            return rows
        wanted = Q(by=self.user)
        if "firm" in self.roles:
            wanted |= Q(firm__key__in=self.firms) | Q(to__in=[f"firm:{f}" for f in self.firms])
        if "keeper" in self.roles:
            wanted |= Q(grid__in=self.grids) | Q(area__in=self.grids)
            wanted |= Q(to_area__in=self.grids) | Q(to__in=[f"keeper:{g}" for g in self.grids])
        return rows.filter(wanted)


def parks_of(user: Any) -> QuerySet[Park]:
    """The parks a user may know of."""
    if not user.is_authenticated:
        return Park.objects.filter(published=True)
    if user.is_superuser:
        return Park.objects.all()
    own = Membership.objects.filter(user=user)
    wanted = Q(published=True) | Q(pk__in=own.filter(park__isnull=False).values("park"))
    for area in own.exclude(area="").values_list("area", flat=True):
        wanted |= Q(area=area) | Q(area__startswith=f"{area}/")
    return Park.objects.filter(wanted)


def parks_where(user: Any, action: str) -> QuerySet[Park]:
    """The parks in which a user may do `action` by a role of their own (not as one of the public)."""
    return _parks_by(user, [r for r in ROLES_FOR[action] if r != "viewer"])


def whole_parks(user: Any, action: str) -> QuerySet[Park]:
    """The parks in which a user may do `action` to everything there is, by a role that sees all firms."""
    return _parks_by(user, [r for r in ROLES_FOR[action] if r in WIDE])


def _parks_by(user: Any, roles: list[str]) -> QuerySet[Park]:
    if not user.is_authenticated:
        return Park.objects.none()
    if user.is_superuser:
        return Park.objects.all()
    own = Membership.objects.filter(user=user, role__in=roles)
    wanted = Q(pk__in=own.filter(park__isnull=False).values("park"))
    for area in own.exclude(area="").values_list("area", flat=True):
        wanted |= Q(area=area) | Q(area__startswith=f"{area}/")
    return Park.objects.filter(wanted)


def parts_of_parks(user: Any, action: str) -> list[Standing]:
    """A user's standing in each park where they may do `action`, but not by a role of `whole_parks`: a firm's, a keeper's."""
    if not user.is_authenticated or user.is_superuser:
        return []
    roles = [r for r in ROLES_FOR[action] if r not in WIDE and r != "viewer"]
    parks = Park.objects.filter(pk__in=Membership.objects.filter(user=user, role__in=roles).values("park"))
    found = (standing(user, park) for park in parks)
    whole = WIDE & set(ROLES_FOR[action])
    return [one for one in found if one is not None and one.may(action) and not one.roles & whole]


def standing(user: Any, park: Park) -> Standing | None:
    """What the user is in the park; None if they may not know of it."""
    if user.is_authenticated and user.is_superuser:
        return Standing(user, park, frozenset({"admin"}), frozenset())
    roles: set[str] = {"viewer"} if park.published else set()
    firms: set[str] = set()
    grids: set[str] = set()
    departments: set[str] = set()
    anywhere: set[str] = set()
    level = 0
    if user.is_authenticated:
        for m in Membership.objects.filter(user=user).select_related("department"):
            anywhere.add(m.role)
            here = m.park_id == park.pk
            above = bool(m.area) and (park.area == m.area or park.area.startswith(f"{m.area}/"))
            if here or above:
                roles.add(m.role)
                if m.role == "firm" and here:
                    firms.add(m.firm)
                if m.role == "keeper" and here:
                    grids.update(m.grids)
                if m.role == "office" and here:
                    level = max(level, m.level)
                if m.role == "office" and m.department is not None and m.department.park_id == park.pk:
                    departments.add(m.department.key)
    if not roles:
        return None
    return Standing(
        user, park, frozenset(roles), frozenset(firms), frozenset(grids), frozenset(departments), level, frozenset(anywhere)
    )  # fmt: skip


def enter(request: HttpRequest, slug: str, action: str, subject: str | None = None) -> Standing:
    """The user's standing in the park named in the address, if they may do `action` there; the frame of the page reads it too.

    Raises
    ------
    Http404
        There is no such park or subject, or the user may not know of it.
    PermissionDenied
        The user knows of it but may not do this.
    """
    park = Park.objects.filter(slug=slug).first()
    found = standing(request.user, park) if park is not None else None
    if found is None:
        raise Http404
    if subject is not None and not found.subjects().filter(key=subject).exists():
        raise Http404
    if not found.may(action, subject):
        raise PermissionDenied
    request.standing = found  # type: ignore[attr-defined]
    return found


def administrators() -> QuerySet[User]:
    """Who may do everything."""
    return User.objects.filter(is_superuser=True, is_active=True)
