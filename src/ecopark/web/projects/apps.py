"""Django's name for this part of the site."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    """Label `projects`."""

    name = "ecopark.web.projects"
    label = "projects"
