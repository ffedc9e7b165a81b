"""Django's name for this part of the site."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    """Label `people`."""

    name = "ecopark.web.people"
    label = "people"
    verbose_name = "人员 / people"
