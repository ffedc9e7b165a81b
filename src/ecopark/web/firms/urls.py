"""Addresses of firms, grades, audits and land."""

from __future__ import annotations

from django.urls import path

from ecopark.web.firms import views

urlpatterns = [
    path("", views.registry, name="firms"),
]
