"""Addresses of figures."""

from __future__ import annotations

from django.urls import path

from ecopark.web.figures import import_views, views

urlpatterns = [
    path("", views.themes, name="data"),
    path("theme/<str:theme>/", views.form, name="data-theme"),
    path("template.xlsx", import_views.template, name="data-template"),
    path("import/", import_views.upload, name="data-import"),
    path("import/<int:pk>/", import_views.preview, name="data-import-preview"),
    path("import/<int:pk>/apply/", import_views.apply, name="data-import-apply"),
    path("figure/<int:pk>/history/", views.history, name="figure-history"),
]
