"""Addresses of a park."""

from __future__ import annotations

from django.urls import path

from ecopark.web.parks import begin_views, maps, office_views, views

urlpatterns = [
    path("", views.overview, name="park"),
    path("map.json", maps.layers, name="park-map"),
    path("settings/", office_views.page, name="park-settings"),
    path("settings/departments/<str:key>/dissolve/", office_views.dissolve, name="department-dissolve"),
    path("settings/offices/", office_views.name_offices, name="offices-name"),
    path("settings/members/add/", office_views.add_member, name="member-add"),
    path("settings/members/<int:pk>/change/", office_views.change_member, name="member-change"),
    path("settings/members/<int:pk>/remove/", office_views.remove_member, name="member-remove"),
    path("settings/map/put/", begin_views.put_layer, name="layer-put"),
    path("settings/map/<int:pk>/take/", begin_views.take_layer, name="layer-take"),
    path("settings/<str:tab>/", office_views.page, name="park-settings-tab"),
    path("settings/<str:tab>/save/", office_views.save, name="park-settings-save"),
]
