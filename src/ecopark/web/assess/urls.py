"""Addresses of assessments."""

from __future__ import annotations

from django.urls import path

from ecopark.web.assess import briefing_views, compare_views, dossier_views, views, what_if_views

urlpatterns = [
    path("", views.matrix, name="assess"),
    path("compare/", compare_views.page, name="assess-compare"),
    path("dossier/", dossier_views.page, name="dossier"),
    path("dossier/start/", dossier_views.start, name="dossier-start"),
    path("dossier/<int:pk>/mark/", dossier_views.mark, name="dossier-mark"),
    path("dossier/<int:pk>/<path:name>", dossier_views.download, name="dossier-file"),
    path("briefing/", briefing_views.page, name="briefing"),
    path("briefing/start/", briefing_views.start, name="briefing-start"),
    path("briefing/<int:pk>/file/", briefing_views.download, name="briefing-file"),
    path("<str:pack>/<str:period>/what-if/", what_if_views.page, name="what-if"),
    path("<str:pack>/<str:period>/", views.clauses, name="assess-pack"),
    path("<str:pack>/<str:period>/cell/", views.cell, name="assess-cell"),
    path("<str:pack>/<str:period>/clause/<str:tail>/", views.drawer, name="assess-clause"),
]
