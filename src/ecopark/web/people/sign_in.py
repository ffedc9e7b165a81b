"""Signing in: name and password, then the code of the phone where somebody has one.

A session is opened only after both steps. `second_step` looks at every request all the same: a session of somebody who has
switched the second step on elsewhere since is as good as none, and who is asked to have one gets no further than to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import django_otp
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect

from ecopark.core.words import counted
from ecopark.web.people import two_step
from ecopark.web.people.models import User
from ecopark.web.templatetags.ui import t

WAITING = "waiting_for_code"
"""Where the session keeps who has given the right password."""
PATIENCE = 600.0
"""How long the password counts while the code is looked for. [s]"""
WITHOUT = ("two-step", "two-step-picture", "two-step-begin", "two-step-confirm", "login", "logout", "set_language")
"""Pages that somebody may open who must switch the second step on first."""


class SignIn(auth_views.LoginView):
    """Name and password; whoever has a second step is sent on to it, not signed in."""

    template_name = "login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right."""
        user = form.get_user()
        if not two_step.has(user):
            return super().form_valid(form)
        self.request.session[WAITING] = {
            "user": user.pk, "backend": user.backend, "at": time.time(), "password": user.get_session_auth_hash(),
            "next": self.get_redirect_url(),
        }  # fmt: skip
        return redirect("login-code")


@sensitive_post_parameters("code")
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the phone or a backup code."""
    waiting = request.session.get(WAITING)
    user = _whose(waiting)
    if waiting is None or user is None:
        request.session.pop(WAITING, None)
        messages.info(request, t("请重新输入用户名和密码。", "Give your name and password again."))
        return redirect("login")
    who = {"username": user.username}
    if settings.AXES_ENABLED and not AxesProxyHandler.is_allowed(request, who):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        return HttpResponse(status=403)  # axes puts its page in place of this
    context: dict[str, Any] = {}
    if request.method == "POST":
        found = two_step.check(user, request.POST.get("code", ""))
        if found.device is not None:
            return _in(request, user, waiting, found)
        if not found.wait:
            user_login_failed.send(__name__, credentials=who, request=request)
        context = {"refused": refusal(found)}
    return render(request, "login_code.html", context, status=422 if context else 200)


def _whose(waiting: dict[str, Any] | None) -> User | None:
    """Who has given the right password a short while ago."""
    if not waiting or not 0 <= time.time() - waiting["at"] < PATIENCE:
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None or not constant_time_compare(waiting["password"], user.get_session_auth_hash()):
        return None
    return user


def _in(request: HttpRequest, user: User, waiting: dict[str, Any], found: two_step.Checked) -> HttpResponse:
    auth.login(request, user, backend=waiting["backend"])
    request.session.pop(WAITING, None)
    django_otp.login(request, found.device)
    if found.backup:
        two_step.used_backup(user)
        left = two_step.codes_left(user)
        messages.warning(request, t(f"已用掉一个备用码，还剩 {left} 个。", f"A backup code is used up; {left} left."))
    after = waiting["next"]
    if not url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure()):
        after = reverse(settings.LOGIN_REDIRECT_URL)
    return HttpResponseRedirect(after)


def refusal(found: two_step.Checked) -> str:
    """Why a code was not taken, and what to do."""
    if found.wait:
        return t(
            f"错误次数过多，请等 {found.wait} 秒再试。",
            f"Too many wrong codes: wait {counted(found.wait, 'second')}, then try again.",
        )
    return t(
        "验证码不对，或已经用过。请等手机显示下一个再输入，并核对手机时间。",
        "That code is wrong or was used already. Wait for the next one and check the clock of the phone.",
    )


def second_step(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A session without its second step is none; who must have one gets no further than to it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_authenticated or user.is_verified():
            return get_response(request)
        if two_step.has(user):
            request.user = AnonymousUser()
        elif two_step.required_of(user) and request.path not in [reverse(name) for name in WITHOUT]:
            if request.path.startswith("/api/"):
                request.user = AnonymousUser()
            elif request.htmx:  # type: ignore[attr-defined]
                return HttpResponseClientRedirect(reverse("two-step"))
            else:
                return redirect("two-step")
        return get_response(request)

    return middleware
