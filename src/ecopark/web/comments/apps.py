"""Django's name for this part of the site."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    """Label `comments`."""

    name = "ecopark.web.comments"
    label = "comments"
