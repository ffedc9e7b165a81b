"""Settings of the site under test: data in a directory that is thrown away, SQLite, or PostgreSQL of the tests' own.

``ECOPARK_TEST_POSTGRES=1`` starts a server for this process and ends it with it.
"""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="ecopark-site-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["ECOPARK_DATA"] = _folder
os.environ.pop("DATABASE_URL", None)
if os.environ.get("ECOPARK_TEST_POSTGRES") == "1":
    from tests.postgres import Server, postgres_programs

    _programs = postgres_programs()
    if _programs is None:
        raise SystemExit("ECOPARK_TEST_POSTGRES=1, but there are no PostgreSQL server programs on this machine")
    _server = Server(_programs)
    _server.start()
    atexit.register(_server.stop)
    os.environ["DATABASE_URL"] = _server.address

from ecopark.web.settings import *  # noqa: E402, F403

DATABASES["default"]["TEST"] = (  # noqa: F405
    # a file: connections of an in-memory database lock each other's tables instead of waiting
    {"NAME": f"{_folder}/test-{os.getpid()}.sqlite3"} if "DATABASE_URL" not in os.environ else {}
)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
JOBS_INLINE = True
AXES_ENABLED = False
API_RATE = None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
