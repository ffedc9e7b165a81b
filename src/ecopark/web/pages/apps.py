"""Django's name for this part of the site."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    """Label `pages`."""

    name = "ecopark.web.pages"
    label = "pages"

    def ready(self) -> None:
        """Django looks at the checks of an application that is ready."""
        from ecopark.web import checks  # noqa: F401
