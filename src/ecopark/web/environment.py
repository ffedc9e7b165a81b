"""What a site's settings take from its surroundings: the database's address and the secret."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SPANS = {"s": 1, "min": 60, "h": 3600, "day": 86_400}


def database(url: str, data: Path) -> dict[str, Any]:
    """Django's description of the database: SQLite in `data` unless a URL names PostgreSQL.

    SQLite runs in WAL mode and begins every transaction ``IMMEDIATE``: a writer waits at the door instead of failing
    in the middle.

    Raises
    ------
    ValueError
        The URL names neither PostgreSQL nor SQLite.
    """
    if not url or url.startswith("sqlite"):
        path = urlsplit(url).path[1:] if url else ""
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path or data / "ecopark.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA cache_size=-65536;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL begins with '{parts.scheme}', not with 'postgres' or 'sqlite'")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or query.get("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def kept_secret(data: Path) -> str:
    """The secret of this site: made on the first start, kept in `data` where only its owner can read it.

    The file appears whole: no process of a site that is being started reads half of it.
    """
    path = data / "secret.key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix="secret.", suffix=".part", dir=data)  # readable by its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):  # processes that start together take the first one's
            os.link(part, path)
    finally:
        os.unlink(part)
    return path.read_text().strip()


def rate(text: str) -> tuple[int, int] | None:
    """``600/min`` as requests and seconds; None for an empty text: no limit.

    Raises
    ------
    ValueError
        It is of another form.

    Examples
    --------
    >>> rate("600/min"), rate("")
    ((600, 60), None)
    """
    count, _, span = (part.strip() for part in text.partition("/"))
    if not text.strip():
        return None
    if not count.isdecimal() or not int(count) or span not in SPANS:
        raise ValueError(
            f"ECOPARK_API_RATE={text!r}: a rate is NUMBER/SPAN, such as 600/min; spans are {', '.join(SPANS)}."
        )
    return int(count), SPANS[span]


def two_factor(given: str) -> str:
    """Who must sign in by two steps: nobody (empty), ``staff`` or ``all``.

    Raises
    ------
    ValueError
        Another word: a site that was meant to ask for a second step does not start without it.
    """
    word = given.strip().lower()
    if word in ("", "off", "0"):
        return ""
    if word not in ("staff", "all"):
        raise ValueError(f"ECOPARK_TWO_FACTOR is '{given}'; it is 'staff', 'all' or 'off' / 只能是 staff、all 或 off")
    return word
