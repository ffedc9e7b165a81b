"""Whoever may not know that a thing exists gets 404; whoever may know but not do gets 403."""

from __future__ import annotations

import pytest

from ecopark.web.people.access import ROLES_FOR, standing
from ecopark.web.people.models import ApiToken, Membership

from .conftest import ROLES, World


def test_every_action_is_for_known_roles() -> None:
    from ecopark.web.people.models import ROLE_TEXT

    assert {r for roles in ROLES_FOR.values() for r in roles} <= set(ROLE_TEXT)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_but_the_administrator_knows_the_other_park(world: World, role: str) -> None:
    from django.contrib.auth.models import AnonymousUser

    user = world.people.get(role, AnonymousUser())
    found = standing(user, world.other)
    assert (found is not None) == (role == "admin")


def test_a_reporter_sees_their_own_firm_only(world: World) -> None:
    found = standing(world.people["firm"], world.park)
    assert found is not None
    assert [s.key for s in found.subjects()] == ["alpha-1"]
    assert found.may("write_figures", "alpha-1")
    assert not found.may("write_figures", "alpha-2")
    assert not found.may("see_figures", "alpha")


def test_a_reviewer_of_an_area_sees_its_parks_and_no_other(world: World) -> None:
    found = standing(world.people["reviewer"], world.park)
    assert found is not None
    assert found.may("see_figures")
    assert not found.may("write_figures")
    Membership.objects.filter(user=world.people["reviewer"]).update(area="江苏")
    assert standing(world.people["reviewer"], world.park) is None


def test_what_a_park_publishes_anybody_may_see_and_no_more(world: World) -> None:
    from django.contrib.auth.models import AnonymousUser

    assert standing(AnonymousUser(), world.park) is None
    world.park.published = True
    found = standing(AnonymousUser(), world.park)
    assert found is not None
    assert found.may("see_assessments")
    assert not found.may("see_figures")


def test_a_token_is_shown_once_and_can_be_revoked(world: World) -> None:
    token, text = ApiToken.issue(world.people["office"], "script")
    assert text not in repr(token.__dict__)
    assert ApiToken.user_of(text) == world.people["office"]
    from django.utils import timezone

    ApiToken.objects.filter(pk=token.pk).update(revoked=timezone.now())
    assert ApiToken.user_of(text) is None
