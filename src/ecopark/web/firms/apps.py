"""Django's name for this part of the site."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    """Label `firms`."""

    name = "ecopark.web.firms"
    label = "firms"
