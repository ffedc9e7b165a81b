"""Django's settings, from the environment alone.

ECOPARK_DATA            directory of the database, uploads and secret (default: ``ecopark-site`` beside the caller)
DATABASE_URL            ``postgres://user:password@host:port/name``; default: SQLite in the data directory
ECOPARK_SECRET_KEY      default: made on the first start and kept in the data directory
ECOPARK_HOSTS           host names that are served, with commas; default: this machine only
ECOPARK_HTTPS           ``1``: the site stands behind HTTPS (secure cookies, HSTS)
ECOPARK_PROXIES         addresses of the proxies whose word on the visitor is taken, with commas; default: this machine
ECOPARK_ACCEPT          codes of dangers to start with all the same (`ready.DANGERS`)
ECOPARK_API_RATE        requests that the tokens of one person may make, default ``600/min``; empty: no limit
ECOPARK_TWO_FACTOR      who must sign in by two steps: ``staff`` (administrators and park offices) or ``all``; default: nobody
ECOPARK_DEBUG           ``1``: for developers
"""

from __future__ import annotations

import os
from pathlib import Path

from ecopark.web.environment import database, kept_secret, rate, two_factor

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ECOPARK_DATA", "ecopark-site")).resolve()
DEBUG = os.environ.get("ECOPARK_DEBUG") == "1"
HTTPS = os.environ.get("ECOPARK_HTTPS") == "1"

SECRET_KEY = os.environ.get("ECOPARK_SECRET_KEY") or kept_secret(DATA)
ALLOWED_HOSTS = [
    h.strip() for h in os.environ.get("ECOPARK_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h.strip()
]
PROXIES = [p.strip() for p in os.environ.get("ECOPARK_PROXIES", "127.0.0.1").split(",") if p.strip()]
CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in ALLOWED_HOSTS] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_htmx",
    "ecopark.web.people",
    "ecopark.web.parks",
    "ecopark.web.figures",
    "ecopark.web.assess",
    "ecopark.web.comments",
    "ecopark.web.tasks",
    "ecopark.web.cases",
    "ecopark.web.rules",
    "ecopark.web.many",
    "ecopark.web.projects",
    "ecopark.web.firms",
    "ecopark.web.jobs",
    "ecopark.web.pages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "ecopark.web.middleware.content_security",
    "ecopark.web.people.sign_in.second_step",
    "ecopark.web.too_large.too_large",
    "ecopark.web.middleware.no_nul",
    "ecopark.web.middleware.api_methods",
    "ecopark.web.middleware.said_errors",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ecopark.web.urls"
WSGI_APPLICATION = "ecopark.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ecopark.web.pages.context.site",
            ],
            "builtins": ["ecopark.web.templatetags.ui", "ecopark.web.templatetags.steps"],
        },
    }
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""), DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "ecopark.web.people.passwords.LongEnough"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "errors/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
TWO_FACTOR = two_factor(os.environ.get("ECOPARK_TWO_FACTOR", ""))
OTP_TOTP_ISSUER = "ecopark"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True

SIMPLE_HISTORY_REVERT_DISABLED = True
"""What was is shown, not put back: another change, with its own reason, does that."""

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [HERE / "static"] if (HERE / "static").is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
UPLOADS = DATA / "uploads"
"""Evidence and photographs: outside everything that is served."""
MAX_UPLOAD = 50 * 1024 * 1024
MAX_REQUEST = 2 * MAX_UPLOAD
"""Several photographs at once; what is bigger is thrown away as it comes in."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "ecopark.web.pages.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

API_RATE = rate(os.environ.get("ECOPARK_API_RATE", "600/min"))
"""Requests of the tokens of one person, over all web processes (`api.throttle`)."""

JOBS_INLINE = os.environ.get("ECOPARK_JOBS_INLINE") == "1"
"""Run long work at once instead of in the worker process: for tests."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"dated": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "dated"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # 403 and 404 are answers, not faults: no line, and no traceback, for each of them
    "loggers": {"django.request": {"level": "ERROR"}},
}
