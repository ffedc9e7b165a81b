"""Addresses of assessments."""

from __future__ import annotations

from django.urls import path

from ecopark.web.assess import views

urlpatterns = [
    path("", views.matrix, name="assess"),
    path("<str:pack>/<str:period>/", views.clauses, name="assess-pack"),
    path("<str:pack>/<str:period>/cell/", views.cell, name="assess-cell"),
    path("<str:pack>/<str:period>/clause/<str:tail>/", views.drawer, name="assess-clause"),
]
