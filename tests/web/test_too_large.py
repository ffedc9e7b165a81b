"""200 MB are refused by the real server: a page and no reset, and neither memory nor disk is filled."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from .real_site import Site, free_port, kill, real_site, wait_for

pytestmark = pytest.mark.slow
MB = 1024 * 1024
BLOCK = b"\0" * MB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A real site, its port and the number of its process."""
    folder = tmp_path_factory.mktemp("site")
    with real_site(folder, "sqlite") as site:
        site.environment["TMPDIR"] = str(folder)
        site.inside("make", "1")
        process = site.start(port := free_port())
        try:
            wait_for(lambda: _open(port))
            yield site, port, process.pid
        finally:
            kill(process)


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def send(
    port: int,
    megabytes: int,
    *,
    lang: str = "zh-hans",
    accept: str = "text/html",
    path: str = "/p/alpha/data/import/",
    chunked: bool = False,
) -> str:
    """Send a body of zeros as a browser would, to its end, and read the answer."""
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {megabytes * MB}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: django_language={lang}\r\nAccept: {accept}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n{size}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(head.encode())
        for _ in range(megabytes):
            connection.sendall(f"{MB:x}\r\n".encode() + BLOCK + b"\r\n" if chunked else BLOCK)
        if chunked:
            connection.sendall(b"0\r\n\r\n")
        found = b""
        while block := connection.recv(65536):
            found += block
    return found.decode()


def memory(group: int) -> int:
    """The most memory that any process of the site ever had [MB]."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(path.parent.name)) == group:
                line = next(x for x in path.read_text().splitlines() if x.startswith("VmHWM"))
                found = max(found, int(line.split()[1]) // 1024)
        except (OSError, StopIteration):
            continue  # it has just ended
    return found


@pytest.mark.parametrize("chunked", [False, True])
def test_200_mb_are_refused_with_a_page(server: tuple[Site, int, int], chunked: bool) -> None:
    _, port, pid = server
    send(port, 1)
    before = memory(pid)
    for lang, said in (
        ("zh-hans", "一次最多 100 MB（单个文件 50 MB）"),
        ("en", "200 MB were sent; 100 MB at once is the most"),
    ):
        answer = send(port, 200, lang=lang, chunked=chunked)
        assert answer.startswith("HTTP/1.1 413"), answer[:300]
        assert said in answer
        assert "data-keep-forms" in answer
        assert "content-security-policy" in answer.lower()
    assert memory(pid) - before < 40


def test_programs_are_told_in_their_own_form(server: tuple[Site, int, int]) -> None:
    _, port, _ = server
    told = send(port, 101, accept="application/json", lang="en")
    assert told.startswith("HTTP/1.1 413") and '{"error": "101 MB were sent' in told
    told = send(port, 101, path="/api/v1/parks")
    assert told.startswith("HTTP/1.1 413") and '"code": "too-large"' in told


def test_what_fits_is_read_as_ever(server: tuple[Site, int, int]) -> None:
    _, port, _ = server
    assert send(port, 90).startswith("HTTP/1.1 403"), "no CSRF token: read to its end and refused for what it is"
