"""Addresses of the department's table."""

from __future__ import annotations

from django.urls import path

from ecopark.web.many import views

urlpatterns = [
    path("", views.parks, name="many"),
    path("compute/", views.start, name="many-start"),
    path("parks.csv", views.as_csv, name="many-csv"),
]
