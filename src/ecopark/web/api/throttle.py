"""How many requests the tokens of one person may make in a while: counted in the cache, whole spans of the clock at a time."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle


class TokenThrottle(BaseThrottle):
    """The limit of ``settings.API_RATE`` for all tokens of a person together; pages with a session are not counted.

    It holds nothing of a request itself, because the threads of the server share it.
    """

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request; False once there were too many in this span."""
        if settings.API_RATE is None or not request.headers.get("Authorization"):
            return True
        most, seconds = settings.API_RATE
        key = f"api-rate:{request.user.pk}:{int(time.time() // seconds)}"
        cache.add(key, 0, seconds + 1)
        try:
            return cache.incr(key) <= most
        except ValueError:  # the span has just ended
            return True

    def wait(self) -> float | None:
        """Seconds until the next span."""
        return None if settings.API_RATE is None else settings.API_RATE[1] - time.time() % settings.API_RATE[1]
