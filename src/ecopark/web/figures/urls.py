"""Addresses of figures."""

from __future__ import annotations

from django.urls import path

from ecopark.web.figures import completeness_views, evidence_views, import_views, mapping_views, submit_views, views

urlpatterns = [
    path("", views.themes, name="data"),
    path("theme/<str:theme>/", views.form, name="data-theme"),
    path("completeness/", completeness_views.table, name="completeness"),
    path("completeness/missing/", completeness_views.missing, name="data-missing"),
    path("converted/", views.converted_value, name="data-converted"),
    path("evidence/", evidence_views.listing, name="evidence"),
    path("evidence/<int:pk>/", evidence_views.download, name="evidence-file"),
    path("evidence/<int:pk>/history/", evidence_views.history, name="evidence-history"),
    path("evidence/<int:pk>/withdraw/", evidence_views.withdraw, name="evidence-withdraw"),
    path("submissions/", submit_views.listing, name="submissions"),
    path("submissions/changes/", submit_views.changes, name="submission-changes"),
    path("submissions/step/", submit_views.step, name="submission-step"),
    path("submissions/ask/", submit_views.ask, name="submission-ask"),
    path("template.xlsx", import_views.template, name="data-template"),
    path("import/", import_views.upload, name="data-import"),
    path("import/<int:pk>/", import_views.preview, name="data-import-preview"),
    path("import/<int:pk>/apply/", import_views.apply, name="data-import-apply"),
    path("import/<int:pk>/columns/", mapping_views.columns, name="data-import-columns"),
    path("mappings/<int:pk>.yaml", mapping_views.download, name="mapping-file"),
    path("mappings/<int:pk>/withdraw/", mapping_views.withdraw, name="mapping-withdraw"),
    path("figure/<int:pk>/history/", views.history, name="figure-history"),
]
