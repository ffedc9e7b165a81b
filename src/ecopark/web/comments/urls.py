"""Addresses of comments and of what is handed up."""

from __future__ import annotations

from django.urls import path

from ecopark.web.comments import views

urlpatterns = [
    path("", views.page, name="comments"),
    path("add/", views.add, name="comment-add"),
    path("<int:pk>/reply/", views.reply, name="comment-reply"),
    path("hand-up/", views.hand_up, name="hand-up"),
    path("handed/<int:pk>/step/", views.step, name="handed-step"),
]
