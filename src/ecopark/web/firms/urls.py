"""Addresses of firms, grades, audits and land."""

from __future__ import annotations

from django.urls import path

from ecopark.web.firms import care_views, grade_views, land_views, method_views, parcel_views, table_views, views

urlpatterns = [
    path("", views.registry_page, name="firms"),
    path("new/", views.edit, name="firm-new"),
    path("import/", table_views.upload, name="firms-import"),
    path("import/template.xlsx", table_views.template, name="firms-template"),
    path("import/<int:pk>/", table_views.table, name="firms-table"),
    path("import/<int:pk>/columns/", table_views.columns, name="firms-columns"),
    path("import/<int:pk>/choose/", table_views.choose, name="firms-choose"),
    path("import/<int:pk>/again/", table_views.look_again, name="firms-again"),
    path("import/<int:pk>/store/", table_views.store, name="firms-store"),
    path("groups/", table_views.group_page, name="firm-groups"),
    path("groups/save/", table_views.save_group, name="firm-group-save"),
    path("groups/give/", table_views.give_group, name="firm-group-give"),
    path("doubles/", views.doubles, name="firm-doubles"),
    path("merge/", views.merge, name="firm-merge"),
    path("merge/<int:pk>/undo/", views.undo, name="firm-undo"),
    path("of/<str:key>/", views.firm, name="firm"),
    path("of/<str:key>/edit/", views.edit, name="firm-edit"),
    path("of/<str:key>/map.json", views.firm_map, name="firm-map"),
    path("of/<str:key>/audit/", care_views.save_audit, name="audit-new"),
    path("of/<str:key>/audit/<int:pk>/", care_views.save_audit, name="audit-save"),
    path("of/<str:key>/retrofit/", care_views.save_retrofit, name="retrofit-new"),
    path("of/<str:key>/retrofit/<int:pk>/", care_views.save_retrofit, name="retrofit-save"),
    path("audits/", care_views.listing, name="audits"),
    path("grades/", grade_views.table, name="grades"),
    path("grades/run/", grade_views.run, name="grade-run"),
    path("grades/method/", grade_views.choose, name="grade-method"),
    path("grades/own/", method_views.own_methods, name="own-methods"),
    path("grades/own/<int:pk>/directory.zip", method_views.method_zip, name="own-method-zip"),
    path("grades/own/<int:pk>/back/", method_views.method_back, name="own-method-back"),
    path("grades/<int:pk>/of/<str:key>/", grade_views.sheet, name="grade-sheet"),
    path("grades/<int:pk>/of/<str:key>/appeal/", grade_views.file_appeal, name="appeal-file"),
    path("grades/<int:pk>/simulator/", grade_views.simulator, name="simulator"),
    path("appeals/", grade_views.appeals, name="appeals"),
    path("appeals/<int:pk>/", grade_views.decide, name="appeal-decide"),
    path("appeals/<int:pk>/correct/", grade_views.correct, name="appeal-correct"),
    path("appeals/<int:pk>/evidence/", grade_views.evidence, name="appeal-evidence"),
    path("land/", land_views.programme, name="land"),
    path("land/upload/", land_views.upload, name="land-upload"),
    path("land/table/", land_views.download, name="land-table"),
    path("land/step/", land_views.step, name="land-step"),
    path("land/map.json", parcel_views.land_map, name="land-map"),
    path("parcel/map/<path:name>.json", parcel_views.parcel_map, name="parcel-map"),
    path("parcel/of/<path:name>/", parcel_views.parcel, name="parcel"),
]
