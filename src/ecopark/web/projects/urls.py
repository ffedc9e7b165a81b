"""Addresses of projects and of the quota ledger."""

from __future__ import annotations

from django.urls import path

from ecopark.web.projects import (
    ledger_views,
    map_views,
    parameter_views,
    register_views,
    review_views,
    rule_views,
    views,
)

urlpatterns = [
    path("", views.pipeline, name="projects"),
    path("policy/", views.choose_policy, name="project-policy"),
    path("rules/", rule_views.rules, name="own-rules"),
    path("rules/new/", rule_views.rule, name="own-rule-new"),
    path("rules/back/", rule_views.go_back, name="own-rules-back"),
    path("rules/edition/<int:number>/", rule_views.edition, name="own-rules-edition"),
    path("rules/of/<str:tail>/", rule_views.rule, name="own-rule"),
    path("rules/of/<str:tail>/drop/", rule_views.drop, name="own-rule-drop"),
    path("rules/parameters/<str:name>/", parameter_views.parameter, name="own-parameter"),
    path("rules/parameters/<str:name>/drop/", parameter_views.drop, name="own-parameter-drop"),
    path("policies/", rule_views.own_policies, name="own-policies"),
    path("policies/<int:pk>/directory.zip", rule_views.policy_zip, name="own-policy-zip"),
    path("policies/<int:pk>/back/", rule_views.policy_back, name="own-policy-back"),
    path("new/", views.edit, name="project-new"),
    path("free.json", map_views.free, name="project-free"),
    path("new/check/", views.check, name="project-check-new"),
    path("form.xlsx", views.excel_form, name="project-excel"),
    path("upload/", views.upload, name="project-upload"),
    path("<int:pk>/", views.one, name="project"),
    path("<int:pk>/map.json", map_views.here, name="project-map"),
    path("<int:pk>/edit/", views.edit, name="project-edit"),
    path("<int:pk>/check/", views.check, name="project-check"),
    path("<int:pk>/move/", views.move, name="project-move"),
    path("<int:pk>/offer/", views.take_offer, name="project-offer"),
    path("<int:pk>/firm/", views.entered, name="project-firm"),
    path("<int:pk>/opinion/", review_views.opinion, name="project-opinion"),
    path("<int:pk>/opinion/<int:number>/file/", review_views.paper, name="opinion-paper"),
    path("<int:pk>/decide/", review_views.decide, name="project-decide"),
    path("<int:pk>/delivered/", register_views.delivered, name="delivered"),
    path("decision/<int:pk>/", review_views.decision, name="decision"),
    path("decision/<int:pk>/settle/", review_views.settle, name="decision-settle"),
    path("decision/<int:pk>/minutes-<str:language>.<str:ending>", review_views.minutes, name="minutes"),
    path("ledger/", ledger_views.page, name="ledger"),
    path("ledger/book/", ledger_views.book, name="ledger-book"),
    path("ledger/<str:item>/<int:year>/", ledger_views.account, name="ledger-account"),
    path("register/", register_views.register, name="register"),
    path("together/", register_views.together, name="together"),
]
