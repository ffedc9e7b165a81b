"""A request that is bigger than any upload may be: nothing of it is kept, and its sender is told so on a page.

A server that answers without reading on resets the connection, and the browser shows an error of its own. So what is sent
beyond `MAX_REQUEST` is read and thrown away, block by block, and the answer (413) is a page like any other. A request that
does not say how long it is (chunked) is counted as it comes in.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from ecopark.core.text import Text
from ecopark.web.templatetags.ui import say

MARK = "ecopark.too_large"
BLOCK = 256 * 1024
GIVE_UP = 2 * 1024**3
"""Who sends more than this is cut off. [B]"""
MB = 1024 * 1024


def bounded(application: Any) -> Any:
    """The WSGI application, which gets no more than `MAX_REQUEST` of any request."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        said = str(environ.get("CONTENT_LENGTH") or "")
        length = int(said) if said.isdecimal() else None
        if length is not None and length > settings.MAX_REQUEST:
            _throw_away(environ["wsgi.input"], length)
            environ[MARK] = length
        elif length is None and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            kept, size = _counted(environ["wsgi.input"])
            if size <= settings.MAX_REQUEST:
                environ |= {"CONTENT_LENGTH": str(size), "wsgi.input": kept}
            else:
                environ[MARK] = size
        if MARK in environ:
            environ |= {"CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
        elif length:
            environ["wsgi.input"] = stream = _Counted(environ["wsgi.input"])
            answer = application(environ, start_response)
            _throw_away(stream, length - stream.count)  # refused before it was read: by a missing token, say
            return answer
        return application(environ, start_response)

    return wrapped


class _Counted:
    """A request's content that says how much of it was read."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.count = stream, 0

    def read(self, size: int = -1) -> bytes:
        block: bytes = self.stream.read(size)
        self.count += len(block)
        return block

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self.stream.readline(size)
        self.count += len(line)
        return line


def _throw_away(stream: Any, length: int) -> None:
    left = min(length, GIVE_UP)
    while left > 0 and (block := stream.read(min(BLOCK, left))):
        left -= len(block)


def _counted(stream: Any) -> tuple[Any, int]:
    """A request of unknown length, on the disk as far as it may go; and how long it is."""
    kept: Any = tempfile.SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115 (ends with the request)
    size = 0
    while size <= GIVE_UP and (block := stream.read(BLOCK)):
        size += len(block)
        if size <= settings.MAX_REQUEST:
            kept.write(block)
    kept.seek(0)
    return kept, size


def words(size: int) -> Text:
    """What the sender is told."""
    most = settings.MAX_REQUEST // MB
    file = settings.MAX_UPLOAD // MB
    return Text(
        f"发来 {size // MB} MB，一次最多 {most} MB（单个文件 {file} MB），未保存任何内容。请拆分或压缩后再传。",
        f"{size // MB} MB were sent; {most} MB at once is the most ({file} MB a file). Nothing was kept. Split or shrink it.",
    )


def too_large(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer for a request whose content was thrown away."""

    def middleware(request: HttpRequest) -> HttpResponse:
        size = request.META.get(MARK)
        if size is None:
            return get_response(request)
        text = words(size)
        if "application/json" in request.headers.get("Accept", "") and not request.path.startswith("/api/"):
            return JsonResponse({"error": say(text)}, status=413)
        from ecopark.web.pages.errors import too_big

        return too_big(request, text)

    return middleware
