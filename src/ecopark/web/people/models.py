"""Who works here: users, their roles in parks, their tokens, and what was done to their way of signing in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import connection, models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from ecopark.core.text import Text
from ecopark.web.model_parts import history_with_reasons

ROLE_TEXT = {
    "office": Text("园区办（管委会）", "park office"),
    "firm": Text("企业填报人", "firm reporter"),
    "keeper": Text("网格员", "grid keeper"),
    "consultant": Text("环保管家（咨询）", "consultant"),
    "reviewer": Text("上级部门", "department above"),
    "viewer": Text("公众", "public viewer"),
}
"""Roles a person has in a park; an administrator is marked on the user itself (`is_superuser`)."""
TO_THE_MINUTE = timedelta(minutes=1)
"""So exactly a token's last use is kept: it is not written anew with every request."""


NEW_PASSWORD = "新密码 / a new password"
"""The reason under which a new password stands in the history, which keeps no password."""
NOT_KEPT = ("password", "last_login")


class AccountRecords(HistoricalRecords):
    """The history of accounts: without passwords, and without a row for every sign-in."""

    def post_save(self, instance: Any, created: bool, using: Any = None, **kwargs: Any) -> None:
        """Keep what was saved, unless only that was saved which is not kept."""
        fields = kwargs.get("update_fields")
        if fields is None or not set(fields) <= set(NOT_KEPT):
            super().post_save(instance, created, using, **kwargs)


class User(AbstractUser):
    """A person. What they may do where stands in their memberships; an administrator may do everything."""

    phone = models.CharField(max_length=32, blank=True)
    history = AccountRecords(
        history_change_reason_field=models.CharField(max_length=300, null=True), excluded_fields=[*NOT_KEPT]
    )

    def get_short_name(self) -> str:
        """Whom Django's administration greets: a Chinese given name alone is no way to address a person."""
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name others read beside what this person did."""
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Family name first where it is Chinese."""
        if self.last_name and self.last_name.isascii():
            return f"{self.first_name} {self.last_name}".strip()
        return f"{self.last_name}{self.first_name}".strip()


class Membership(models.Model):
    """A role of a user: in one park, for one firm of it, or (a reviewer) in all parks of an area.

    `area` is a prefix of `Park.area`: ``江苏省/苏州市`` takes in every park whose area begins so.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(k, f"{t.zh} / {t.en}") for k, t in ROLE_TEXT.items()])
    park = models.ForeignKey("parks.Park", on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    firm = models.CharField(max_length=120, blank=True, help_text="subject key of the firm, for the role 'firm'")
    department = models.ForeignKey("parks.Department", on_delete=models.SET_NULL, null=True, blank=True)
    area = models.CharField(max_length=200, blank=True)
    grid = models.CharField(
        max_length=200,
        null=True,
        blank=True,
        help_text="ids of grids or areas of grids with spaces, for the role 'keeper'",
    )
    level = models.SmallIntegerField(
        default=0,
        help_text="of the office: number of the level of escalation to whom late cases are told; 0: an officer",
    )
    history = history_with_reasons()

    class Meta:
        verbose_name, verbose_name_plural = "角色 / role", "角色 / roles"
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "park", "firm", "area"], name="one_membership_each"),
            models.CheckConstraint(
                condition=models.Q(park__isnull=False) | ~models.Q(area="") | models.Q(role="viewer"),
                name="membership_has_a_place",
            ),
            models.CheckConstraint(condition=~models.Q(role="firm") | ~models.Q(firm=""), name="reporter_has_a_firm"),
        ]

    @property
    def grids(self) -> tuple[str, ...]:
        """The grids, or areas of grids, this membership keeps."""
        return tuple((self.grid or "").replace(",", " ").split())

    def __str__(self) -> str:
        where = self.park.name if self.park else self.area
        return f"{self.user.username}: {self.role} @ {where}{' / ' + self.firm if self.firm else ''}"


class ApiToken(models.Model):
    """A token for programs: shown once when it is made, kept as a hash, can be revoked."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=12)
    created = models.DateTimeField(default=timezone.now)
    last_used = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    @staticmethod
    def digest_of(text: str) -> str:
        """What is kept of a token."""
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User, name: str) -> tuple[ApiToken, str]:
        """A new token and its text, which is not kept."""
        text = "eco_" + secrets.token_urlsafe(32)
        made = cls.objects.create(user=user, name=name, digest=cls.digest_of(text), start=text[:8])
        return made, text

    @classmethod
    def user_of(cls, text: str) -> User | None:
        """The user whose token this is; None if there is none or it was revoked."""
        found = cls.objects.select_related("user").filter(digest=cls.digest_of(text), revoked__isnull=True).first()
        if found is None or not found.user.is_active:
            return None
        now = timezone.now()
        if found.last_used is None or not timedelta(0) <= now - found.last_used < TO_THE_MINUTE:
            cls.objects.filter(pk=found.pk).update(last_used=now)
        return found.user

    def revoke(self) -> None:
        """It opens nothing any more."""
        self.revoked = timezone.now()
        self.save(update_fields=["revoked"])

    def __str__(self) -> str:
        return f"{self.start}… {self.name}"


ACCOUNT_EVENTS = {
    "two_step_on": Text("启用两步验证", "two-step sign-in switched on"),
    "two_step_off": Text("停用两步验证", "two-step sign-in switched off"),
    "two_step_reset": Text("管理员重置两步验证", "two-step sign-in reset by an administrator"),
    "new_codes": Text("更换备用码", "new backup codes"),
    "code_used": Text("用备用码登录", "signed in with a backup code"),
    "let_in": Text("管理员解除登录锁定", "let in again by an administrator"),
}


class AccountEvent(models.Model):
    """What was done to somebody's way of signing in: when, by whom and why. Rows are never changed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="account_events")
    what = models.CharField(max_length=20, choices=[(k, t.zh) for k, t in ACCOUNT_EVENTS.items()])
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    why = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.user.username}: {self.what}"


TAKE = """
insert into people_tokenuse (user_id, start, count) values (%(user)s, %(start)s, 1)
on conflict (user_id) do update set
  count = case when people_tokenuse.start between %(start)s and %(ahead)s then people_tokenuse.count + 1 else 1 end,
  start = case when people_tokenuse.start between %(start)s and %(ahead)s then people_tokenuse.start else %(start)s end
where people_tokenuse.count < %(most)s or people_tokenuse.start not between %(start)s and %(ahead)s
"""


class TokenUse(models.Model):
    """How many requests the tokens of one person made in the latest span of time: one row a person, for all web processes.

    Parameters
    ----------
    start
        When the span began. [s since 1970]
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="token_use")
    start = models.BigIntegerField(default=0)
    count = models.PositiveBigIntegerField(default=0)

    @classmethod
    def take(cls, user_id: int, start: int, seconds: int, most: int) -> bool:
        """Count one request of the span that began at `start`; False, and not counted, once there were `most` in it.

        One conditional statement: processes and threads that ask at the same moment follow each other in the database.
        A span that has just ended is not begun again by a process that comes late; one that lies far ahead (the clock
        was set back, the rate changed) is. It is written in SQL, which both databases read alike, because putting it
        together from Django's expressions takes longer than carrying it out.
        """
        with connection.cursor() as cursor:
            cursor.execute(TAKE, {"user": user_id, "start": start, "ahead": start + seconds, "most": most})
            return bool(cursor.rowcount == 1)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.count}"
