"""People in the administration pages: accounts, and the roles that no park office gives (reviewers of an area).

Whatever is changed here is kept with who, when, before, after and why; what has no such history cannot be changed here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import lazy
from django_otp.plugins.otp_static.admin import StaticDeviceAdmin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDeviceAdmin
from django_otp.plugins.otp_totp.models import TOTPDevice
from simple_history.admin import SimpleHistoryAdmin

from ecopark.web.people.access import administrators
from ecopark.web.people.models import NEW_PASSWORD, Membership, User
from ecopark.web.templatetags.ui import t

said = lazy(t, str)
"""A text in the language of the page, for what is written down once when the program starts."""


class Reasoned(forms.Form):
    """A form that asks why; the reason goes into the history."""

    why = forms.CharField(
        label=said("理由", "Why"), max_length=300, help_text=said("保存在变更记录中。", "It stays in the history.")
    )


class NewAccount(Reasoned, AdminUserCreationForm):
    """A new account."""


class ChangedAccount(Reasoned, UserChangeForm):
    """An account that is there; the last one that may open these pages stays one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "phone" in self.fields:
            self.fields["phone"].label = t("电话", "Phone")

    def clean(self) -> Any:
        """Refuse what would leave nobody to administer the site."""
        given = super().clean()
        needed = ("is_active", "is_staff", "is_superuser")
        others = administrators().filter(is_staff=True).exclude(pk=self.instance.pk)
        before = administrators().filter(is_staff=True, pk=self.instance.pk)
        if not all(given.get(name) for name in needed) and before.exists() and not others.exists():
            raise forms.ValidationError(
                t(
                    "这是最后一个管理员：请先另设一个，再停用或改变这个账号。",
                    "This is the last administrator: make another one first, then switch this account off or change it.",
                )
            )
        return given


class NewPassword(AdminPasswordChangeForm):
    """A password given by an administrator: it is not kept in the history, that it was given is."""

    def save(self, commit: bool = True) -> Any:
        """Give it."""
        self.user._change_reason = NEW_PASSWORD
        return super().save(commit)


class RoleForm(Reasoned, forms.ModelForm):
    """A role in an area."""

    class Meta:
        model = Membership
        fields = ("user", "role", "area")
        labels = MappingProxyType(
            {"user": said("人员", "Person"), "role": said("角色", "Role"), "area": said("区域", "Area")}
        )
        help_texts = MappingProxyType(
            {
                "area": said(
                    "如 江苏省/苏州市：该区域内所有园区", "such as 江苏省/苏州市: every park whose area begins so"
                )
            }
        )


class WithReason(SimpleHistoryAdmin):
    """Every change with its reason."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it, with the reason."""
        obj._change_reason = form.cleaned_data["why"]
        super().save_model(request, obj, form, change)


@admin.register(User)
class Accounts(WithReason, UserAdmin):
    """Accounts: names, passwords, who is an administrator; an account is switched off, not deleted."""

    form, add_form, change_password_form = ChangedAccount, NewAccount, NewPassword
    list_display = ("username", "shown_name", "email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (said("本人", "The person"), {"fields": ("last_name", "first_name", "email", "phone")}),
        (said("权限", "What they may"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (said("日期", "Dates"), {"fields": ("last_login", "date_joined")}),
        (said("变更", "This change"), {"fields": ("why",)}),
    )
    add_fieldsets = (*UserAdmin.add_fieldsets, (said("变更", "This change"), {"fields": ("why",)}))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it; a park whose office has nobody left who can sign in is told."""
        super().save_model(request, obj, form, change)
        if obj.is_active:
            return
        for role in obj.memberships.filter(role="office", park__isnull=False).select_related("park"):
            if not Membership.objects.filter(park=role.park, role="office", user__is_active=True).exists():
                messages.warning(
                    request,
                    t(
                        f"{role.park.name}的园区办没有可登录的人员了：请在该园区的设置中另加一人。",
                        f"Nobody of the office of {role.park.label.en} can sign in any more: add somebody in its settings.",
                    ),
                )

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody: their name stands beside what they did."""
        return False


@admin.register(Membership)
class Roles(WithReason):
    """Who is what where; a reviewer is given an area such as ``江苏省/苏州市``."""

    form = RoleForm
    list_display = ("user", "role", "park", "area", "firm", "grid")
    list_filter = ("role",)
    search_fields = ("user__username", "user__last_name", "park__name", "area", "firm")
    autocomplete_fields = ("user",)
    fields = ("user", "role", "area", "why")
    actions = None

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Roles of one park are given in its settings."""
        return (obj is None or obj.park_id is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Roles of one park are taken away in its settings."""
        return (obj is None or obj.park_id is None) and super().has_delete_permission(request, obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Take a role away; the page asks why."""
        if request.method == "POST" and not request.POST.get("why", "").strip():
            messages.error(request, t("请写明理由。", "Say why."))
            return redirect(request.path)
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Take it away; the history keeps it, with the reason."""
        obj._change_reason = request.POST["why"].strip()[:300]  # type: ignore[attr-defined]
        super().delete_model(request, obj)


class OnlyRead:
    """Shown, but changed elsewhere: on the page of two-step sign-in, which writes down every switch."""

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


admin.site.unregister((Group, TOTPDevice, StaticDevice))


@admin.register(TOTPDevice)
class Phones(OnlyRead, TOTPDeviceAdmin):
    """Who has a phone for the second step."""


@admin.register(StaticDevice)
class BackupCodes(OnlyRead, StaticDeviceAdmin):
    """Who has backup codes."""
