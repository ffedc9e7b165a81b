"""Addresses of figures."""

from __future__ import annotations

from django.urls import path

from ecopark.web.figures import views

urlpatterns = [
    path("", views.themes, name="data"),
    path("theme/<str:theme>/", views.form, name="data-theme"),
    path("figure/<int:pk>/history/", views.history, name="figure-history"),
]
