"""Addresses of the library of standards."""

from __future__ import annotations

from django.urls import path

from ecopark.web.rules import map_views, title_views, views

urlpatterns = [
    path("", views.library, name="rules"),
    path("reuse/", map_views.reuse, name="rules-reuse"),
    path("editions/", map_views.editions, name="rules-editions"),
    path("titles/", title_views.titles, name="titles"),
    path("titles/add/", title_views.add, name="title-add"),
    path("titles/<int:pk>/withdraw/", title_views.withdraw, name="title-withdraw"),
    path("signature/<int:pk>/withdraw/", views.withdrawal, name="signature-withdraw"),
    path("<str:pack>/", views.pack_page, name="rules-pack"),
    path("<str:pack>/sign/", views.signing, name="rules-sign"),
    path("<str:pack>/clause/<str:tail>/", views.clause_page, name="rules-clause"),
]
