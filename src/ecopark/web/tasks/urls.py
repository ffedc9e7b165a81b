"""Addresses of tasks."""

from __future__ import annotations

from django.urls import path

from ecopark.web.tasks import making, views

urlpatterns = [
    path("", views.listing, name="tasks"),
    path("new/", making.new, name="task-new"),
    path("new/split/", making.split, name="task-split"),
    path("dispatch/", views.dispatch, name="tasks-dispatch"),
    path("dispatch.<str:ending>", views.dispatch_file, name="dispatch-file"),
    path("effects/", views.effects, name="tasks-effects"),
    path("programmes/", views.programmes, name="programmes"),
    path("<int:number>/", views.page, name="task"),
    path("<int:number>/step/", views.step, name="task-step"),
    path("<int:number>/store/", views.store, name="task-store"),
]
