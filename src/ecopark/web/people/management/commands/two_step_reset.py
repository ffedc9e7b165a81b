"""``manage.py two_step_reset NAME``: for the administrator who is locked out and has nobody to ask."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from ecopark.web.people import two_step
from ecopark.web.people.models import User


class Command(BaseCommand):
    """Take somebody's second step away at the machine itself."""

    help = "Take the second step of signing in away from somebody who has lost phone and backup codes."

    def add_arguments(self, parser: CommandParser) -> None:
        """The user name."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset."""
        if User._meta.db_table not in connection.introspection.table_names():
            raise CommandError(
                f"there is no site in {settings.DATA}: set ECOPARK_DATA / 该目录下没有站点，请设置 ECOPARK_DATA"
            )
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"there is no user '{options['username']}' / 没有此用户")
        had = two_step.reset(user, None, "manage.py two_step_reset")
        self.stdout.write("reset / 已重置" if had else "there was none / 未启用")
