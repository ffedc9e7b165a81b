"""Signing in locked after too many wrong passwords or codes: whose it is, and an administrator who lets them in again."""

from __future__ import annotations

from collections.abc import Collection

from axes.helpers import get_cool_off, get_failure_limit
from axes.models import AccessAttempt
from axes.utils import reset
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from ecopark.web.people import two_step
from ecopark.web.people.models import AccountEvent, User


def locked(names: Collection[str]) -> set[str]:
    """Those of these user names that are locked out now, at one address at least."""
    cool_off = get_cool_off(None)
    tried = AccessAttempt.objects.filter(username__in=names)
    if cool_off is not None:
        tried = tried.filter(attempt_time__gt=timezone.now() - cool_off)
    wrong = tried.values("username", "ip_address").annotate(times=Sum("failures_since_start"))
    limit = get_failure_limit(None, None)
    return {row["username"] for row in wrong if row["times"] >= limit}


@transaction.atomic
def let_in(user: User, by: User, why: str) -> bool:
    """Forget the wrong passwords and codes of somebody, with who said so and why; says whether they were locked out."""
    if user.username not in locked([user.username]):
        return False
    reset(username=user.username)
    two_step.no_wait(user)
    AccountEvent.objects.create(user=user, what="let_in", by=by, why=why[:300])
    return True
