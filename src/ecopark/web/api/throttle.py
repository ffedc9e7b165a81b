"""How many requests the tokens of one person may make in a while: counted in the database, whole spans of the clock at a time.

The site runs several web processes, so no memory of theirs can count. Django's caches that they could share (files, the
database) read and then write, and lose counts between the two; a row with a conditional update does not, and costs one
statement (`people.models.TokenUse`).
"""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from ecopark.web.people.models import TokenUse


class TokenThrottle(BaseThrottle):
    """The limit of ``settings.API_RATE`` for all tokens of a person together; pages with a session are not counted.

    It holds nothing of a request itself, because the threads of the server share it.
    """

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request; False once there were too many in this span."""
        if settings.API_RATE is None or not request.headers.get("Authorization"):
            return True
        most, seconds = settings.API_RATE
        start = int(time.time() // seconds) * seconds
        return TokenUse.take(request.user.pk, start, seconds, most)

    def wait(self) -> float | None:
        """Seconds until the next span."""
        return None if settings.API_RATE is None else settings.API_RATE[1] - time.time() % settings.API_RATE[1]
