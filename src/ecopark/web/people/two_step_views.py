"""Two-step sign-in on the account page: switch on, backup codes, switch off; and an administrator's reset."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import django_otp
import segno
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from ecopark.core.text import Text
from ecopark.web.pages.paging import paged
from ecopark.web.people import lockout, two_step
from ecopark.web.people.models import ACCOUNT_EVENTS, AccountEvent, User
from ecopark.web.people.sign_in import refusal
from ecopark.web.templatetags.ui import say, t


@login_required
@never_cache
def page(request: HttpRequest, *, codes: list[str] | None = None, wrong: dict[str, str] | None = None) -> HttpResponse:
    """How it stands, and what can be done; `codes` are shown this once."""
    user = request.user
    device = two_step.begun(user)
    context = {
        "on": two_step.has(user), "required": two_step.required_of(user), "codes": codes, "wrong": wrong or {},
        "key": two_step.key_of(device) if device else "", "left": two_step.codes_left(user),
        "events": _told(AccountEvent.objects.filter(user=user)[:20]),
    }  # fmt: skip
    return render(request, "account/two_step.html", context, status=422 if wrong else 200)


@login_required
@never_cache
def picture(request: HttpRequest) -> HttpResponse:
    """The key as a picture for the phone; only while it waits for its first code."""
    device = two_step.begun(request.user)
    if device is None:
        raise Http404
    out = io.BytesIO()
    segno.make(device.config_url, error="m").save(out, kind="svg", scale=5, border=4, light="#fff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Make the key."""
    if not two_step.has(request.user):
        two_step.begin(request.user)  # type: ignore[arg-type]
    return redirect("two-step")


@sensitive_post_parameters("password", "code")
@login_required
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Switch it on with the password and a first code; the answer shows the backup codes."""
    user: Any = request.user
    if two_step.begun(user) is None:
        return redirect("two-step")
    if auth.authenticate(request, username=user.username, password=request.POST.get("password", "")) is None:
        return page(request, wrong={"password": t("密码不对。", "That is not your password.")})
    found, codes = two_step.confirm(user, request.POST.get("code", ""))
    if found.device is None:
        return page(request, wrong={"code": refusal(found)})
    request.session.cycle_key()
    django_otp.login(request, found.device)
    return page(request, codes=codes)


@sensitive_post_parameters("code")
@login_required
@require_POST
def new_codes(request: HttpRequest) -> HttpResponse:
    """Other backup codes, for a code of the phone."""
    user: Any = request.user
    found = two_step.check(user, request.POST.get("code", ""))
    if found.device is None:
        return page(request, wrong={"codes": refusal(found)})
    return page(request, codes=two_step.new_codes(user))


@sensitive_post_parameters("code")
@login_required
@require_POST
def switch_off(request: HttpRequest) -> HttpResponse:
    """No second step any more, for a code of the phone; not where this site asks for it."""
    user: Any = request.user
    if two_step.required_of(user):
        return page(
            request, wrong={"off": t("本站要求使用，不能停用。", "This site asks for it: it cannot be switched off.")}
        )
    found = two_step.check(user, request.POST.get("code", ""))
    if found.device is None:
        return page(request, wrong={"off": refusal(found)})
    two_step.switch_off(user)
    messages.success(request, t("两步验证已停用", "Two-step sign-in is off"))
    return redirect("account")


# -- the administrator -------------------------------------------------------------------------------------------------


def people(request: HttpRequest) -> HttpResponse:
    """Everybody's way of signing in, for administrators."""
    _administrator(request)
    wanted = request.GET.get("q", "").strip()
    rows = User.objects.annotate(
        two_step=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True))
    ).order_by("username")
    if wanted:
        rows = rows.filter(
            Q(username__icontains=wanted) | Q(last_name__icontains=wanted) | Q(first_name__icontains=wanted)
        )
    page = paged(request, rows)
    context = {
        "page": page, "wanted": wanted, "locked": lockout.locked([one.username for one in page]),
        "events": _told(AccountEvent.objects.filter(what__in=("two_step_reset", "let_in"))[:20]),
    }  # fmt: skip
    return render(request, "account/people.html", context)


@require_POST
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody's second step away: they have lost phone and codes."""
    return _help(
        request, pk, two_step.reset, Text("的两步验证已重置", "has no two-step sign-in any more"),
        Text("此人没有启用两步验证。", "They have no two-step sign-in."),
    )  # fmt: skip


@require_POST
def let_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody try again who typed too many wrong passwords or codes."""
    return _help(
        request, pk, lockout.let_in, Text("可以登录了", "can sign in again"),
        Text("此人没有被锁定。", "They are not locked out."),
    )  # fmt: skip


def _help(
    request: HttpRequest, pk: int, act: Callable[[User, User, str], bool], done: Text, needless: Text
) -> HttpResponse:
    """What an administrator does to somebody's way of signing in: never without a reason."""
    _administrator(request)
    user = get_object_or_404(User, pk=pk)
    why = request.POST.get("why", "").strip()
    if not why:
        messages.error(request, t("请写明原因。", "Say why."))
    elif act(user, request.user, why):  # type: ignore[arg-type]
        messages.success(request, f"{user.shown_name} {say(done)}")
    else:
        messages.info(request, say(needless))
    return redirect("two-step-people")


def _administrator(request: HttpRequest) -> None:
    if not (request.user.is_authenticated and request.user.is_superuser):
        raise Http404


def _told(rows: Any) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at, "who": row.by.shown_name if row.by else "", "why": row.why,
            "what": Text(*(f"{row.user.shown_name}: {words}" for words in (what.zh, what.en))),
        }
        for row in rows.select_related("user", "by")
        for what in [ACCOUNT_EVENTS[row.what]]
    ]  # fmt: skip
