"""Addresses of background work."""

from __future__ import annotations

from django.urls import path

from ecopark.web.jobs import views

urlpatterns = [path("<int:pk>/", views.progress, name="job"), path("<int:pk>/cancel/", views.cancel, name="job-cancel")]
