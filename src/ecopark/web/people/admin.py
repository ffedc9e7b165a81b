"""People in the administration pages: accounts, and the roles that no park office gives (reviewers of an area)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from simple_history.admin import SimpleHistoryAdmin

from ecopark.web.people.models import Membership, User


@admin.register(User)
class Accounts(UserAdmin):
    """Accounts: names, passwords, who is an administrator; an account is switched off, not deleted."""

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody: their name stands beside what they did."""
        return False


@admin.register(Membership)
class Roles(SimpleHistoryAdmin):
    """Who is what where; a reviewer is given an area such as ``江苏省/苏州市``."""

    list_display = ("user", "role", "park", "area", "firm", "grid")
    list_filter = ("role",)
    search_fields = ("user__username", "user__last_name", "park__name", "area", "firm")
    autocomplete_fields = ("user",)
    fields = ("user", "role", "area")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Roles of one park are given in its settings."""
        return (obj is None or obj.park_id is None) and super().has_change_permission(request, obj)
