"""Two-step sign-in: a code from a person's phone beside the password. What may be done with it, without any page.

The codes, their clock, the throttle and the backup codes are django-otp's; here stands who has it, who must have it, and that
every switch is written down (`AccountEvent`). Tokens for programs are not asked for a code: they open without a password too.
"""

from __future__ import annotations

import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from ecopark.web.people.models import AccountEvent, Membership, User

CODES = 10
"""Backup codes a person is given."""
NAME = "phone"
CODES_NAME = "backup codes"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a typed code.

    Parameters
    ----------
    device
        What it belongs to; None: it was not accepted.
    wait
        Codes are not looked at for so long, after wrong ones. [s]
    """

    device: Any = None
    wait: int = 0

    @property
    def backup(self) -> bool:
        """Whether it was a backup code, which is used up now."""
        return isinstance(self.device, StaticDevice)


def has(user: Any) -> bool:
    """Whether this person signs in by two steps."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def required_of(user: Any) -> bool:
    """Whether this site asks this person to: `staff` are administrators and the people of park offices."""
    if settings.TWO_FACTOR == "all":
        return True
    if settings.TWO_FACTOR != "staff":
        return False
    return bool(
        user.is_superuser or user.is_staff or Membership.objects.filter(user=user, role="office").exists()
    )  # fmt: skip


def clean(typed: str) -> str:
    """A code as it is compared: plain digits and letters, however they were typed."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed).lower() if c.isalnum())[:16]


def check(user: Any, typed: str) -> Checked:
    """Look at a code of somebody: six digits of the phone, or a backup code. Each is good for one time.

    A wrong one makes the next wait: one second, two, four and so on.
    """
    code = clean(typed)
    kind = TOTPDevice if len(code) == 6 and code.isdecimal() else StaticDevice
    with transaction.atomic():
        device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
        return _tried(device, code)


def _tried(device: Any, code: str) -> Checked:
    if device is None:
        return Checked()
    allowed, why = device.verify_is_allowed()
    if not allowed:
        until = (why or {}).get("locked_until")
        return Checked(wait=max(1, ceil((until - timezone.now()).total_seconds())) if until else 1)
    return Checked(device) if device.verify_token(code) else Checked()


def no_wait(user: User) -> None:
    """Look at the next code of somebody at once, whatever they typed before."""
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).update(throttling_failure_timestamp=None, throttling_failure_count=0)


@transaction.atomic
def begin(user: User) -> TOTPDevice:
    """A new key to be put into a phone; it counts once a code of it was typed."""
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()
    return TOTPDevice.objects.create(user=user, name=NAME, confirmed=False)


def begun(user: Any) -> TOTPDevice | None:
    """The key that waits for its first code."""
    return None if has(user) else TOTPDevice.objects.filter(user=user, confirmed=False).first()


def key_of(device: TOTPDevice) -> str:
    """The key for typing, in groups of four."""
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[i : i + 4] for i in range(0, len(key), 4))


@transaction.atomic
def confirm(user: User, typed: str) -> tuple[Checked, list[str]]:
    """Switch it on with the first code of the phone; gives the backup codes, which are shown now and never again."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    found = _tried(device, clean(typed))
    if found.device is None:
        return found, []
    TOTPDevice.objects.filter(user=user).exclude(pk=found.device.pk).delete()
    TOTPDevice.objects.filter(pk=found.device.pk).update(confirmed=True)
    found.device.confirmed = True
    _wrote(user, "two_step_on", user)
    return found, _new_codes(user)


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """Backup codes in place of the old ones."""
    _wrote(user, "new_codes", user)
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name=CODES_NAME)
    codes: set[str] = set()
    while len(codes) < CODES:
        codes.add(StaticToken.random_token())
    StaticToken.objects.bulk_create([StaticToken(device=device, token=c) for c in sorted(codes)])
    return sorted(codes)


def codes_left(user: Any) -> int:
    """How many backup codes were not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


def switch_off(user: User) -> None:
    """No second step any more."""
    _remove(user, "two_step_off", user, "")


def reset(user: User, by: User | None, why: str) -> bool:
    """An administrator takes it away from somebody who has lost phone and codes; says whether there was any."""
    return _remove(user, "two_step_reset", by, why)


@transaction.atomic
def _remove(user: User, what: str, by: User | None, why: str) -> bool:
    had = has(user)
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    if had:
        _wrote(user, what, by, why)
    return had


def used_backup(user: User) -> None:
    """Write down that somebody came in by a backup code."""
    _wrote(user, "code_used", user)


def _wrote(user: User, what: str, by: User | None, why: str = "") -> None:
    AccountEvent.objects.create(user=user, what=what, by=by, why=why[:300])
