"""Addresses of a park."""

from __future__ import annotations

from django.urls import path

from ecopark.web.parks import maps, views

urlpatterns = [path("", views.overview, name="park"), path("map.json", maps.layers, name="park-map")]
