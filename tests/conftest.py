"""For all tests: none hangs on the clock, so that a busy machine makes no example of hypothesis fail."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")
