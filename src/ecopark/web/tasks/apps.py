"""Django's name for this part of the site."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    """Label `tasks`."""

    name = "ecopark.web.tasks"
    label = "tasks"
