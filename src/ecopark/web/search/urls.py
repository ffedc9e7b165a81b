"""Addresses of search and of the catalogue's help inside a park."""

from __future__ import annotations

from django.urls import path

from ecopark.web.search import views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("quantity/<str:name>/", views.quantity, name="quantity"),
]
