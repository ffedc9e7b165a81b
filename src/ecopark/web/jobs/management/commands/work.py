"""``manage.py work``: take background jobs until ended."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ecopark.web.jobs import work


class Command(BaseCommand):
    """The worker of the site."""

    help = "Take background jobs until ended."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--once``: stop when the queue is empty; ``--parent``: stop when the web server has gone."""
        parser.add_argument("--once", action="store_true")
        parser.add_argument("--parent", type=int, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        """Work; asked to end (SIGTERM, Ctrl-C), it puts back what it has in hand."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            work.run_forever(once=options["once"], parent=options["parent"])
        except KeyboardInterrupt:
            return
