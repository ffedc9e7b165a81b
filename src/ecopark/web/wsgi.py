"""The site as a WSGI application; what is too big to be any upload is thrown away as it comes in."""

from __future__ import annotations

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from ecopark.web import background, lasting
from ecopark.web.too_large import bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecopark.web.settings")
application = wrap_wsgi_with_proxy_headers(bounded(get_wsgi_application()), trusted_hosts=settings.PROXIES)
import_module(settings.ROOT_URLCONF)  # every view, before the first visitor and not for them
ready_last = import_module("ecopark.web.assess.keep").ready_last
lasting.begin()
background.begin()
background.later("ready", ready_last)
