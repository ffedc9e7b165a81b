"""Addresses of the department's table."""

from __future__ import annotations

from django.urls import path

from ecopark.web.comments import views as comments
from ecopark.web.many import views
from ecopark.web.parks import begin_views

urlpatterns = [
    path("", views.parks, name="many"),
    path("waiting/", comments.waiting_page, name="waiting"),
    path("new/", begin_views.new, name="park-new"),
    path("compute/", views.start, name="many-start"),
    path("parks.csv", views.as_csv, name="many-csv"),
]
