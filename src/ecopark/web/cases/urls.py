"""Addresses of cases."""

from __future__ import annotations

from django.urls import path

from ecopark.web.cases import report_views, views

urlpatterns = [
    path("", views.register, name="cases"),
    path("register.<str:ending>", views.register_file, name="case-register"),
    path("statistics/", views.statistics, name="case-statistics"),
    path("places.json", views.places, name="case-places"),
    path("report/", report_views.report, name="case-report"),
    path("report/worker.js", report_views.worker, name="case-worker"),
    path("report/map.json", report_views.ground, name="case-ground"),
    path("file/<int:pk>/", views.file, name="case-file"),
    path("<int:number>/", views.page, name="case"),
    path("<int:number>/map.json", views.here, name="case-map"),
    path("<int:number>/step/", views.step, name="case-step"),
]
