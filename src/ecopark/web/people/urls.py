"""Addresses of one's own account."""

from __future__ import annotations

from django.urls import path

from ecopark.web.people import account_views

urlpatterns = [
    path("", account_views.account, name="account"),
    path("password/", account_views.Password.as_view(), name="password"),
    path("tokens/make/", account_views.make_token, name="token-make"),
    path("tokens/<int:pk>/revoke/", account_views.revoke_token, name="token-revoke"),
]
