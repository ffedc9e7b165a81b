"""Addresses of one's own account."""

from __future__ import annotations

from django.urls import path

from ecopark.web.people import account_views, two_step_views

urlpatterns = [
    path("", account_views.account, name="account"),
    path("password/", account_views.Password.as_view(), name="password"),
    path("tokens/make/", account_views.make_token, name="token-make"),
    path("tokens/<int:pk>/revoke/", account_views.revoke_token, name="token-revoke"),
    path("two-step/", two_step_views.page, name="two-step"),
    path("two-step/qr.svg", two_step_views.picture, name="two-step-picture"),
    path("two-step/begin/", two_step_views.begin, name="two-step-begin"),
    path("two-step/confirm/", two_step_views.confirm, name="two-step-confirm"),
    path("two-step/codes/", two_step_views.new_codes, name="two-step-codes"),
    path("two-step/off/", two_step_views.switch_off, name="two-step-off"),
    path("people/", two_step_views.people, name="two-step-people"),
    path("people/<int:pk>/reset/", two_step_views.reset, name="two-step-reset"),
    path("people/<int:pk>/let-in/", two_step_views.let_in, name="let-in"),
]
