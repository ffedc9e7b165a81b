"""Addresses of a park."""

from __future__ import annotations

from django.urls import path

from ecopark.web.parks import views

urlpatterns = [path("", views.overview, name="park"), path("map.json", views.map_layers, name="park-map")]
