"""Django's own command line for this site: ``python -m ecopark.web.manage migrate``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run a command of Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecopark.web.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
