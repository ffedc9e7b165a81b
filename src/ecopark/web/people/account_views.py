"""One's own account: roles, password, tokens for programs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST

from ecopark.web.people.models import NEW_PASSWORD, ROLE_TEXT, ApiToken, Membership
from ecopark.web.templatetags.ui import t

MOST_TOKENS = 20


@login_required
def account(request: HttpRequest, made: str = "") -> HttpResponse:
    """Roles and tokens; a token that was just made is shown this once."""
    rows = Membership.objects.filter(user=request.user).select_related("park", "department")
    context = {
        "roles": [{"membership": m, "role": ROLE_TEXT[m.role]} for m in rows.order_by("park__name", "role")],
        "tokens": ApiToken.objects.filter(user=request.user).order_by("revoked", "-created"), "made": made,
    }  # fmt: skip
    response = render(request, "account/account.html", context)
    if made:
        response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """A new token; its text is in this answer and nowhere else."""
    name = request.POST.get("name", "").strip()[:80]
    if not name:
        messages.error(request, t("请写明令牌的用途。", "Say what the token is for."))
        return redirect("account")
    if ApiToken.objects.filter(user=request.user, revoked__isnull=True).count() >= MOST_TOKENS:
        messages.error(request, t("有效令牌已满，请先吊销不用的。", "There are enough tokens: revoke one first."))
        return redirect("account")
    _, text = ApiToken.issue(request.user, name)  # type: ignore[arg-type]
    return account(request, made=text)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """The token opens nothing any more."""
    found = get_object_or_404(ApiToken, pk=pk, user=request.user, revoked__isnull=True)
    found.revoke()
    messages.success(request, t(f"令牌“{found.name}”已吊销", f"the token '{found.name}' is revoked"))
    return redirect("account")


class Password(auth.PasswordChangeView):
    """Django's own page for a new password, in our layout."""

    template_name = "account/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Say that it was changed; the history keeps that, not the password."""
        form.user._change_reason = NEW_PASSWORD
        messages.success(self.request, t("密码已修改", "The password was changed"))
        return super().form_valid(form)
