"""Start, fill, save and bring back a site: ``python -m ecopark.web.run serve|demo|backup|restore``; the command line calls it.

Before it starts, `ready` looks whether it may. It is a few web processes and one worker for long work, which end
when this one ends.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from ecopark.core import interrupts
from ecopark.web.ready import Report, accepted, everywhere, loopback, of_database, of_site, of_surroundings, stand_in

OPEN_AFTER = 30.0
MOST_PROCESSES = 8
"""Without `--processes` there is one for each processor, but not more than this."""
THREADS = 4
"""Requests that one process answers at a time: a long one does not keep the others waiting."""
PATIENCE = 10
"""How long requests and work in hand may take to end once the site is stopped. [s]"""
AGAIN_AFTER = 5.0
"""After which a worker that ended by itself is started again. [s]"""


INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the actions; Ctrl-C before the site answers ends it in one line."""
    options = _parser().parse_args(argv)
    said = "已中断" if options.lang == "zh" else "interrupted"

    def leave(*_: Any) -> None:
        """End at once: an exception may be swallowed where it comes up, and a start leaves nothing that must be tidied."""
        os.write(sys.stderr.fileno(), f"{said}\n".encode())
        os._exit(INTERRUPTED)

    before, mask = signal.getsignal(signal.SIGINT), os.umask(0o077)
    os.umask(mask | 0o077)  # database, uploads and archives hold everything: they are for this account alone
    try:
        interrupts.listen(leave if options.action == "serve" else signal.default_int_handler)
        return _act(options)
    except KeyboardInterrupt:
        print(said, file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, before)
        os.umask(mask)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ecopark serve", description=__doc__)
    parser.add_argument("action", choices=["serve", "demo", "backup", "restore"])
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=0, help="web processes (default: one for each processor)")
    parser.add_argument("--firms", type=int, default=50)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--lang", default="zh")
    parser.add_argument("--file", type=Path, default=None, help="archive to write or to read")
    parser.add_argument("--admin", default="", help="name of the first administrator (asked for if empty)")
    parser.add_argument("--check", action="store_true", help="only say whether the site may be started")
    parser.add_argument("--accept", action="append", default=[], help="code of a danger to start with all the same")
    return parser


def _act(options: argparse.Namespace) -> int:
    if options.data is not None:
        os.environ["ECOPARK_DATA"] = str(options.data.resolve())
    if not loopback(options.host) and not everywhere(options.host):
        os.environ.setdefault("ECOPARK_HOSTS", f"{options.host},localhost,127.0.0.1,[::1]")
    if options.accept:
        os.environ["ECOPARK_ACCEPT"] = ",".join([*accepted(os.environ), *options.accept])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecopark.web.settings")
    starts = options.action in ("serve", "demo")
    data = Path(os.environ.get("ECOPARK_DATA", "ecopark-site")).resolve()
    asked = dict(os.environ)
    before = of_surroundings(asked, data)
    if before.stops and not starts:
        print(before.told(options.lang, start=False), file=sys.stderr)
        return 2
    if options.action == "backup" and not data.is_dir():
        print(f"there is no site in {data} / 该目录下没有站点", file=sys.stderr)
        return 2
    if options.action == "restore" and options.file is not None and not options.file.is_file():
        print(f"there is no file {options.file} / 没有此文件", file=sys.stderr)
        return 2
    if options.check or before.stops:
        stand_in(os.environ, before, data)
    listening = signal.getsignal(signal.SIGINT)
    import django

    django.setup()
    signal.signal(
        signal.SIGINT, listening
    )  # polars, which is loaded now, takes it over in a way that a question resumes
    from django.conf import settings
    from django.core.management import call_command

    from ecopark.web.mend_tables import mend_tables
    from ecopark.web.people import first_administrator

    if starts:
        found = before + of_site(options.action, options.host, options.port, asked, check=options.check)
        if (
            options.action == "serve"
            and not before.stops
            and not any(p.code.startswith("database-") for p in found.problems)
        ):
            who = first_administrator.problems(options.admin, asked, asked=options.check or sys.stdin.isatty())
            found += Report(tuple(who))
        if found.problems or options.check:
            print(found.told(options.lang, facts=options.check), file=sys.stderr if found.stops else sys.stdout)
        if found.stops:
            return 2
        if options.check:
            print("可以启动。" if options.lang == "zh" else "The site may be started.")
            return 0
    elif (found := of_database()).stops:
        print(found.told(options.lang, start=False), file=sys.stderr)
        return 2
    Path(settings.DATA).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not starts:
        from ecopark.web.backup import run as run_backup

        return run_backup(options.action, options.file)
    call_command("migrate", interactive=False, verbosity=0)
    if added := mend_tables():
        print(("数据库已补列：" if options.lang == "zh" else "Columns added to the database: ") + ", ".join(added))
    if options.action == "demo":
        from ecopark.web import demo

        demo.make_demo(options.firms)
        print("演示账号：" if options.lang == "zh" else "Demo accounts:")
        for account in demo.accounts():
            print(f"  {account.username:12} {account.password:14} {account.role[options.lang]}")
    else:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the terminal is put in order again behind a question
        try:
            first_administrator.make(options.admin, asked, options.lang)
        except EOFError:
            raise KeyboardInterrupt from None
    first = "story/" if options.action == "demo" else ""
    return serve(options.host, options.port, first, browser=not options.no_browser, processes=options.processes)


def serve(host: str, port: int, first: str, *, browser: bool, processes: int = 0) -> int:
    """Run the web server and the worker beside it until interrupted; the browser opens at `first`."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # a copy of this process would copy the locked locks of polars, which has read the demonstration: spawn starts a clean one
    multiprocessing.set_start_method("spawn", force=True)
    if os.name == "posix":
        resource_tracker.ensure_running()  # lets Ctrl-C in again when it is started: not while `held_back`
    address = f"http://{'127.0.0.1' if everywhere(host) else host}:{port}/"

    class Server(Granian):  # type: ignore[misc,valid-type]
        """Web processes hear nothing of Ctrl-C: they are ended in order by the one that started them."""

        def _spawn_worker(self, *args: Any, **kwargs: Any) -> Any:
            made = super()._spawn_worker(*args, **kwargs)
            start = made.start

            def quietly() -> None:
                with interrupts.held_back():
                    start()

            made.start = quietly
            return made

    server = Server(
        "ecopark.web.wsgi:application", address=host, port=port, interface=Interfaces.WSGI,
        workers=processes or min(MOST_PROCESSES, os.cpu_count() or 1), blocking_threads=THREADS,
        respawn_failed_workers=True, workers_kill_timeout=PATIENCE, log_level=LogLevels.warning,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the server listens to it: nothing is left behind
    with _worker():
        print(f"ecopark: {address}{first}   (Ctrl-C ends it)", flush=True)
        if browser:
            threading.Thread(target=_open, args=(address, first), daemon=True).start()
        server.serve()
    return 0


@contextmanager
def _worker() -> Iterator[None]:
    """The process for long work, started again where it ends by itself, ended with the site."""
    over, one_at_a_time = threading.Event(), threading.Lock()
    command = [sys.executable, "-m", "ecopark.web.manage", "work", "--parent", str(os.getpid())]

    def begin() -> subprocess.Popen[bytes]:
        with interrupts.held_back():
            return subprocess.Popen(command)

    process = begin()

    def watch() -> None:
        nonlocal process
        while not over.is_set():
            process.wait()
            if over.wait(AGAIN_AFTER):
                return
            with one_at_a_time:
                if not over.is_set():
                    process = begin()

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with one_at_a_time:
            over.set()
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _open(address: str, first: str) -> None:
    """Open the browser once the site answers."""
    end = time.monotonic() + OPEN_AFTER
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address + "login/", timeout=1)
        except OSError:
            time.sleep(0.3)
        else:
            webbrowser.open(address + first)
            return


if __name__ == "__main__":
    raise SystemExit(main())
