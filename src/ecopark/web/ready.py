"""Whether a site may be started as it is set up: everything that stands against it, in one report, before it answers.

Three things are told apart. What makes it impossible (no database, a folder that cannot be written to) always stops the
start. A *danger* (passwords without HTTPS, any host name, a weak secret, ...) stops a site that other machines reach, until it
is mended or an administrator takes it upon themselves by its code (``ECOPARK_ACCEPT``). The rest is said and goes on. A site
for this machine alone hears nothing of dangers.

`of_surroundings` comes before Django is set up, because a wrong setting would stop that; `of_site` after.
"""

from __future__ import annotations

import errno
import importlib.util
import ipaddress
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ecopark.core.text import Text
from ecopark.errors import Place, Problem
from ecopark.web.environment import database, rate, two_factor

DANGERS = (
    "no-https", "any-host", "weak-secret", "secret-readable", "debug-on", "demo-accounts", "disk-full",
)  # fmt: skip
"""What an administrator may take upon themselves, by its code."""
DISK_LEAST, DISK_LITTLE = 200_000_000, 2_000_000_000
"""Free space below which a site is not started, and below which it is said. [bytes]"""
SAID_HERE = frozenset(
    f"security.W{n}" for n in ("004", "008", "009", "012", "016", "018", "020")
) | {"ecopark.W001", "ecopark.W002"}  # fmt: skip
"""Django's warnings that this module says in its own words."""
SECRET_FROM_DJANGO = "security.W009"


@dataclass(frozen=True)
class Report:
    """What was found, and what the site stands on; `problems` of severity ``error`` stop the start."""

    problems: tuple[Problem, ...]
    facts: tuple[Text, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether the site may not be started."""
        return any(p.severity == "error" for p in self.problems)

    def __add__(self, other: Report) -> Report:
        return Report(self.problems + other.problems, self.facts + other.facts)

    def told(self, lang: str, *, facts: bool = False, start: bool = True) -> str:
        """The report as it is printed: what stops it first (a start, else a backup or restore), each with code and repair."""
        zh = lang == "zh"
        lines = [f"  {text[lang]}" for text in self.facts] if facts else []
        stopped = ("不能启动：", "The site is not started:") if start else ("未进行任何操作：", "Nothing was done:")
        for severity, head in (
            ("error", stopped[0] if zh else stopped[1]),
            ("warning", "提醒：" if zh else "To be known:"),
        ):
            found = [p for p in self.problems if p.severity == severity]
            if found:
                lines.append(head)
            lines += [f"  [{p.code}] {p.message(lang)}" for p in found]
        if any(p.severity == "error" and p.code in DANGERS for p in self.problems):
            lines.append(
                "确需带着某项风险启动：--accept 代码（或 ECOPARK_ACCEPT=代码,代码），见 docs/how-to/run-a-site.md。"
                if zh
                else "To start with a danger all the same: --accept CODE (or ECOPARK_ACCEPT=CODE,CODE); see "
                "docs/how-to/run-a-site.md."
            )
        return "\n".join(lines)


def loopback(host: str) -> bool:
    """Whether an address or name is this machine's own.

    Examples
    --------
    >>> loopback("127.0.0.1"), loopback("[::1]"), loopback("0.0.0.0"), loopback("park.example")
    (True, True, False, False)
    """
    name = host.strip().strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def everywhere(host: str) -> bool:
    """Whether listening at this address is listening at every one of the machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def accepted(environ: Mapping[str, str]) -> frozenset[str]:
    """The codes of the dangers an administrator has taken upon themselves."""
    return frozenset(code for part in environ.get("ECOPARK_ACCEPT", "").split(",") if (code := part.strip()))


# -- before Django -----------------------------------------------------------------------------------------------------


def of_surroundings(environ: Mapping[str, str], data: Path) -> Report:
    """What is wrong with the settings themselves and with the data directory; nothing is made or written."""
    found = [
        *_setting("DATABASE_URL", lambda text: database(text, data), environ),
        *_setting("ECOPARK_API_RATE", rate, environ),
        *_setting("ECOPARK_TWO_FACTOR", two_factor, environ),
        *_driver(environ),
        *_codes(environ),
        *_folder(data),
    ]
    key = data / "secret.key"
    if not environ.get("ECOPARK_SECRET_KEY") and key.is_file():
        if not os.access(key, os.R_OK):
            found.append(
                Problem(
                    "secret-unreadable", Place(str(key)), "本网站的密钥文件无法读取。",
                    "the secret of this site cannot be read.",
                    "请以拥有该文件的账户启动。", "Start the site as the owner of this file.",
                )
            )  # fmt: skip
        elif not key.read_text(encoding="utf-8", errors="replace").strip():
            found.append(
                Problem(
                    "secret-empty", Place(str(key)), "本网站的密钥文件是空的。", "the secret of this site is empty.",
                    "删除该文件，下次启动会生成新的（所有人须重新登录）。",
                    "Remove the file: the next start makes a new one (everybody signs in again).",
                )
            )  # fmt: skip
    return Report(tuple(found))


def _setting(name: str, read: Callable[[str], Any], environ: Mapping[str, str]) -> Iterable[Problem]:
    if name not in environ:
        return
    try:
        read(environ[name])
    except ValueError as error:
        yield Problem(
            "bad-setting", Place(name), f"这个设置无法使用（{error}）。", f"this setting cannot be used ({error}).",
            "请改正或去掉该环境变量。", "Correct the variable, or take it away.",
        )  # fmt: skip


def _driver(environ: Mapping[str, str]) -> Iterable[Problem]:
    postgres = environ.get("DATABASE_URL", "").startswith("postgres")
    if postgres and importlib.util.find_spec("psycopg") is None:
        yield Problem(
            "no-postgres-driver", Place("DATABASE_URL"), "未安装 PostgreSQL 驱动。",
            "the driver for PostgreSQL is not installed.",
            "运行：pip install 'ecopark[site,postgres]'。", "Run: pip install 'ecopark[site,postgres]'.",
        )  # fmt: skip


def _codes(environ: Mapping[str, str]) -> Iterable[Problem]:
    for code in sorted(accepted(environ) - set(DANGERS)):
        near = get_close_matches(code, DANGERS, n=1)
        meant_zh, meant = (f"是否指 {near[0]}？", f"Did you mean {near[0]}? ") if near else ("", "")
        yield Problem(
            "unknown-danger", Place("ECOPARK_ACCEPT"), f"没有名为“{code}”的风险。", f"there is no danger '{code}'.",
            f"{meant_zh}可用代码：{'、'.join(DANGERS)}。", f"{meant}The codes are: {', '.join(DANGERS)}.",
        )  # fmt: skip


def stand_in(environ: MutableMapping[str, str], found: Report, data: Path) -> None:
    """Let the rest be looked at too, in this process alone: without the settings that cannot be used, and with a secret that
    is not kept where there is none."""
    for problem in found.problems:
        environ.pop(problem.place.file, None)
    if any(p.severity == "error" for p in found.problems) or not (data / "secret.key").exists():
        environ.setdefault("ECOPARK_SECRET_KEY", secrets.token_urlsafe(64))


def nearest(path: Path) -> Path:
    """The path itself, or the first of its parents that is there."""
    return next((p for p in (path, *path.parents) if p.exists()), path)


def _folder(data: Path) -> Iterable[Problem]:
    there = nearest(data)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Problem(
            "data-not-writable", Place(str(data)), "数据文件夹无法写入。", "the data directory cannot be written to.",
            "用 --data 另选文件夹，或把它交给运行网站的账户（chown）。",
            "Choose another with --data, or give it to the account the site runs as (chown).",
        )  # fmt: skip
    elif data.is_dir():
        uploads = data / "uploads"
        if uploads.is_dir() and not os.access(uploads, os.R_OK | os.W_OK | os.X_OK):
            yield Problem(
                "data-not-writable", Place(str(uploads)), "上传文件夹无法读写。",
                "the uploads cannot be read and written.",
                "把它交给运行网站的账户（chown -R）。", "Give them to the account the site runs as (chown -R).",
            )  # fmt: skip
        for path in sorted(data.glob("*.sqlite*")):
            if not os.access(path, os.R_OK | os.W_OK):
                yield Problem(
                    "data-not-writable", Place(str(path)), "数据库文件无法读写。",
                    "the database cannot be read and written.",
                    "把它交给运行网站的账户（chown）。", "Give it to the account the site runs as (chown).",
                )  # fmt: skip


# -- after Django is set up ----------------------------------------------------------------------------------------------


def of_site(action: str, host: str, port: int, environ: Mapping[str, str], *, check: bool = False) -> Report:
    """Everything else that stands against starting this site.

    Parameters
    ----------
    action
        ``serve`` or ``demo``.
    check
        Nothing is started: a port that is taken (by this very site, most likely) and changes that the database still needs are
        only said.
    """
    from django.conf import settings

    database_problems, database_fact, open_database = _database(check=check)
    outside = not loopback(host) or settings.HTTPS
    named = any(h == "*" or not loopback(h) for h in settings.ALLOWED_HOSTS)
    problems = [*_pages(), *database_problems, *_port(host, port, check=check), *_django(quiet=not (outside or named))]
    if outside or named:
        dangers = [
            *_https(), *_hosts(host, environ), *_secrets(environ), *_accounts(action, open_database), *_disk(),
        ]  # fmt: skip
        problems += [_weighed(p, accepted(environ), stops=outside) for p in dangers] + [*_rest(host, environ)]
    free = shutil.disk_usage(nearest(settings.DATA)).free
    facts = (
        Text(
            f"监听 {host}:{port}；" + ("其他机器可访问" if outside else "仅本机使用"),
            f"listens at {host}:{port}; " + ("other machines reach it" if outside else "for this machine alone"),
        ),
        database_fact,
        Text(
            f"数据文件夹 {settings.DATA}，剩余 {free / 1e9:.1f} GB",
            f"data in {settings.DATA}, {free / 1e9:.1f} GB free",
        ),
    )
    return Report(tuple(problems), facts)


def of_database() -> Report:
    """What stands against reading the database or writing into it: for a backup and a restore."""
    problems, fact, _ = _database(check=False)
    return Report(tuple(problems), (fact,))


def _weighed(problem: Problem, taken: frozenset[str], *, stops: bool) -> Problem:
    """A danger that does not stop the start: nobody beyond this machine reaches it, or it was taken on knowingly."""
    if problem.code not in DANGERS or problem.severity != "error" or (stops and problem.code not in taken):
        return problem
    if problem.code not in taken:
        return replace(problem, severity="warning")
    return replace(
        problem, severity="warning", zh=f"{problem.zh}（已由管理员认可：ECOPARK_ACCEPT）",
        en=f"{problem.en} (taken on by the administrator: ECOPARK_ACCEPT)",
    )  # fmt: skip


def _pages() -> Iterable[Problem]:
    from django.conf import settings

    if not (settings.HERE / "static" / "built" / "build.json").is_file():
        yield Problem(
            "pages-missing", Place(), "网站页面未构建（安装时连不上 npm）。",
            "the pages of the site were not built (npm was out of reach when this was installed).",
            "联网后运行：ECOPARK_NO_UI=0 pip install --force-reinstall --no-deps .",
            "With a network run: ECOPARK_NO_UI=0 pip install --force-reinstall --no-deps .",
        )  # fmt: skip


def _database(*, check: bool) -> tuple[list[Problem], Text, bool]:
    """Problems of the database, what it is, and whether it can be asked."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error, NotSupportedError, connection

    sqlite = connection.vendor == "sqlite"
    name = str(connection.settings_dict["NAME"])
    if sqlite and not Path(name).exists():
        return (
            [],
            Text(f"数据库 SQLite {name}（首次启动时建立）", f"database SQLite {name} (made by the first start)"),
            False,
        )
    try:
        connection.ensure_connection()
        version = _version(connection)
        problems = [] if sqlite else [*_postgres(connection)]
        problems += _migrations(connection, check=check)
    except NotSupportedError as error:
        return [
            Problem(
                "database-too-old", Place("DATABASE_URL"), f"数据库版本过低（{error}）。",
                f"the database is too old ({error}).",
                "请升级数据库。", "Upgrade the database.",
            )
        ], Text("数据库 ？", "database ?"), False  # fmt: skip
    except (Error, ImproperlyConfigured, OSError) as error:
        words = " ".join(str(error).split())
        return [
            Problem(
                "database-unreachable", Place(name if sqlite else "DATABASE_URL"), f"连不上数据库（{words}）。",
                f"the database cannot be reached ({words}).",
                "换回完好的文件，或从备份恢复。"
                if sqlite
                else "核对地址、账号、库名，确认数据库已启动；密码中的特殊字符写成 %XX（@ 为 %40，/ 为 %2F）。",
                "Put back a sound file, or restore a backup."
                if sqlite
                else "Check address, account and name, and that it runs; special characters of a password are written as %XX "
                "(@ is %40, / is %2F).",
            )
        ], Text("数据库 ？", "database ?"), False  # fmt: skip
    kind = "SQLite" if sqlite else "PostgreSQL"
    where = f" ({name})" if sqlite else ""
    return problems, Text(f"数据库 {kind} {version}{where}", f"database {kind} {version}{where}"), True


def _version(connection: Any) -> str:
    asked = "select sqlite_version()" if connection.vendor == "sqlite" else "show server_version"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return str(cursor.fetchone()[0]).split()[0]


def _postgres(connection: Any) -> Iterable[Problem]:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_encoding'), has_schema_privilege(current_schema(), 'CREATE')")
        encoding, may_create = cursor.fetchone()
    if encoding != "UTF8":
        yield Problem(
            "database-encoding", Place("DATABASE_URL"), f"数据库编码是 {encoding}，存不下所有文字。",
            f"the database is encoded as {encoding} and cannot hold every text.",
            "新建 UTF8 编码的数据库：createdb -E UTF8。", "Make one that is encoded as UTF8: createdb -E UTF8.",
        )  # fmt: skip
    if not may_create:
        yield Problem(
            "database-forbids", Place("DATABASE_URL"), "该账号不能在数据库中建表。",
            "this account may not make tables in the database.",
            "由数据库管理员执行：ALTER DATABASE 库名 OWNER TO 账号。",
            "As its administrator: ALTER DATABASE name OWNER TO account.",
        )  # fmt: skip


def _migrations(connection: Any, *, check: bool) -> Iterable[Problem]:
    """A database of a newer program is not touched; changes still to come are said."""
    from django.apps import apps
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    own = {c.label for c in apps.get_app_configs() if c.name.startswith("ecopark.")}
    known = {*executor.loader.disk_migrations, *executor.loader.replacements}
    newer = sorted(f"{a}.{n}" for a, n in executor.loader.applied_migrations if a in own and (a, n) not in known)
    if newer:
        yield Problem(
            "database-newer", Place(), f"数据库由更新版本的程序建立（{'、'.join(newer)}）。",
            f"the database is of a newer program ({', '.join(newer)}).",
            "请安装该版本：pip install -U 'ecopark[site]'。", "Install that version: pip install -U 'ecopark[site]'.",
        )  # fmt: skip
    elif check and (waiting := executor.migration_plan(executor.loader.graph.leaf_nodes())):
        yield Problem(
            "database-older", Place(), f"启动时数据库将升级（{len(waiting)} 项）。",
            f"the start will bring the database up to date ({len(waiting)} changes).",
            "启动前请先用原版本备份，或在停机时复制数据目录。",
            "Back up first with the version that was installed before, or copy the data directory while nothing runs.",
            "warning",
        )  # fmt: skip


def _port(host: str, port: int, *, check: bool) -> Iterable[Problem]:
    place = Place(f"{host}:{port}")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host.strip("[]"), port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            yield Problem(
                "port-taken", place, "该端口已被占用（网站可能已在运行）。",
                "the port is taken (the site may be running already).",
                "用 --port 换一个端口，或先停止占用它的程序。",
                "Choose another with --port, or end what listens there.",
                "warning" if check else "error",
            )  # fmt: skip
        elif error.errno in (errno.EACCES, errno.EPERM):
            yield Problem(
                "port-forbidden", place, "不允许监听该端口。", "this port may not be listened at.",
                "用 1024 以上的端口（--port 8000），由代理转发。",
                "Use one above 1024 (--port 8000) and let the proxy pass on to it.",
            )  # fmt: skip
        else:
            yield Problem(
                "bad-address", place, f"无法监听该地址（{error}）。", f"this address cannot be listened at ({error}).",
                "--host 须为本机地址；所有地址用 0.0.0.0。", "--host is an address of this machine; 0.0.0.0 for every one.",
            )  # fmt: skip


def _django(*, quiet: bool) -> Iterable[Problem]:
    """What Django's own checks say, those for deployment included, beside what is said here in our words."""
    from django.core.checks import ERROR, run_checks

    for message in run_checks(include_deployment_checks=True):
        if message.id in SAID_HERE or (quiet and not message.is_serious(ERROR)):
            continue
        severity = "error" if message.is_serious(ERROR) else "warning"
        words, hint = " ".join(str(message.msg).split()), " ".join(str(message.hint or "").split())
        yield Problem("django-check", Place(str(message.id or "")), words, words, hint, hint, severity)


def _https() -> Iterable[Problem]:
    from django.conf import settings

    if not settings.HTTPS:
        yield Problem(
            "no-https", Place("ECOPARK_HTTPS"), "未启用 HTTPS：密码和会话在网络上可被读取。",
            "the site runs without HTTPS: passwords and sessions can be read on the way.",
            "前置 HTTPS 代理，转发 X-Forwarded-Proto，并设置 ECOPARK_HTTPS=1。",
            "Put a proxy with HTTPS in front that passes X-Forwarded-Proto, and set ECOPARK_HTTPS=1.",
        )  # fmt: skip
    if settings.DEBUG:
        yield Problem(
            "debug-on", Place("ECOPARK_DEBUG"), "调试模式会把程序内部和设置显示给访问者。",
            "debugging shows the inside of the program and its settings to visitors.",
            "去掉 ECOPARK_DEBUG。", "Take ECOPARK_DEBUG away.",
        )  # fmt: skip


def _hosts(host: str, environ: Mapping[str, str]) -> Iterable[Problem]:
    from django.conf import settings

    given = environ.get("ECOPARK_HOSTS", "").strip()
    if "*" in settings.ALLOWED_HOSTS:
        yield Problem(
            "any-host", Place("ECOPARK_HOSTS"), "任何主机名都会被接受，可伪造带本站名义的链接。",
            "every host name is served: links in the name of the site can be forged.",
            "用 ECOPARK_HOSTS 写明网站的主机名，如 ECOPARK_HOSTS=park.example。",
            "Name the site in ECOPARK_HOSTS, such as ECOPARK_HOSTS=park.example.",
        )  # fmt: skip
    elif not given and (everywhere(host) or settings.HTTPS):
        yield Problem(
            "hosts-unnamed", Place("ECOPARK_HOSTS"), "未写明网站的主机名，其他机器的访问都会被拒绝。",
            "the site's host names are not given: it would answer nobody from another machine.",
            "设置 ECOPARK_HOSTS，如 ECOPARK_HOSTS=park.example,10.0.0.5。",
            "Set ECOPARK_HOSTS, such as ECOPARK_HOSTS=park.example,10.0.0.5.",
        )  # fmt: skip


def _secrets(environ: Mapping[str, str]) -> Iterable[Problem]:
    from django.conf import settings
    from django.core.checks import run_checks

    if any(m.id == SECRET_FROM_DJANGO for m in run_checks(tags=["security"], include_deployment_checks=True)):
        yield Problem(
            "weak-secret", Place("ECOPARK_SECRET_KEY"), "密钥太短或太简单，登录会话可被伪造。",
            "the secret is too short or too simple: sessions can be forged.",
            "去掉该变量，网站会自己生成并保存一个。",
            "Take the variable away: the site makes and keeps one of its own.",
        )  # fmt: skip
    if os.name != "posix":
        return
    key = settings.DATA / "secret.key"
    if not environ.get("ECOPARK_SECRET_KEY") and key.is_file() and key.stat().st_mode & 0o077:
        yield Problem(
            "secret-readable", Place(str(key)), "本机其他账户可读取密钥，从而伪造登录会话。",
            "other accounts of this machine can read the secret and forge sessions.",
            f"运行：chmod 600 {key}。", f"Run: chmod 600 {key}.",
        )  # fmt: skip
    if settings.DATA.is_dir() and settings.DATA.stat().st_mode & 0o005 == 0o005:
        yield Problem(
            "data-readable", Place(str(settings.DATA)), "本机其他账户可读取数据文件夹。",
            "other accounts of this machine can read the data directory.",
            f"运行：chmod 700 {settings.DATA}。", f"Run: chmod 700 {settings.DATA}.", "warning",
        )  # fmt: skip


def _accounts(action: str, open_database: bool) -> Iterable[Problem]:
    """The demonstration's accounts have a password that everybody can read in the sources."""
    from django.db import connection

    from ecopark.web.demo import ACCOUNTS, PASSWORD
    from ecopark.web.people.models import User

    names = [name for name, *_ in ACCOUNTS] if action == "demo" else []
    if not names and open_database and User._meta.db_table in connection.introspection.table_names():
        known = User.objects.filter(username__in=[name for name, *_ in ACCOUNTS], is_active=True)
        names = [user.username for user in known.only("username", "password") if user.check_password(PASSWORD)]
    if names:
        yield Problem(
            "demo-accounts", Place(), f"演示账号的密码是公开的：{'、'.join(names)}。",
            f"the passwords of the demonstration's accounts are public: {', '.join(names)}.",
            "演示网站只用于本机；正式网站请换新数据文件夹，或停用、改密这些账号。",
            "Keep a demonstration to this machine; for real use take a new data directory, or switch those accounts off.",
        )  # fmt: skip


def _disk() -> Iterable[Problem]:
    from django.conf import settings

    free = shutil.disk_usage(nearest(settings.DATA)).free
    if free < DISK_LITTLE:
        yield Problem(
            "disk-full" if free < DISK_LEAST else "disk-little", Place(str(settings.DATA)),
            f"磁盘只剩 {free / 1e6:.0f} MB。", f"only {free / 1e6:.0f} MB of the disk are free.",
            "请清理磁盘，或用 --data 换到更大的磁盘。", "Make room, or move to a larger disk with --data.",
            "error" if free < DISK_LEAST else "warning",
        )  # fmt: skip


def _rest(host: str, environ: Mapping[str, str]) -> Iterable[Problem]:
    from django.conf import settings

    if settings.HTTPS and not loopback(host) and not environ.get("ECOPARK_PROXIES"):
        yield Problem(
            "proxy-unnamed", Place("ECOPARK_PROXIES"), "未写明代理的地址，绕过代理也能访问，登录失败次数按代理而非访问者计。",
            "the proxy's address is not given: the port answers beside it, and failed sign-ins are counted on the proxy, "
            "not on the visitor.",
            "代理在本机则用 --host 127.0.0.1；否则设置 ECOPARK_PROXIES 并用防火墙只放行代理。",
            "With a proxy on this machine use --host 127.0.0.1; else set ECOPARK_PROXIES, and let only it past the firewall.",
            "warning",
        )  # fmt: skip
    if "ECOPARK_TWO_FACTOR" not in environ:
        yield Problem(
            "no-second-step", Place("ECOPARK_TWO_FACTOR"), "管理员和园区办只凭密码登录。",
            "administrators and park offices sign in by a password alone.",
            "建议设置 ECOPARK_TWO_FACTOR=staff；不需要则设为 off。",
            "Set ECOPARK_TWO_FACTOR=staff; 'off' if that is meant.",
            "warning",
        )  # fmt: skip
    if settings.API_RATE is None:
        yield Problem(
            "no-api-limit", Place("ECOPARK_API_RATE"), "接口请求不限次数。", "requests of programs are not limited.",
            "去掉该变量即为 600/min。", "Take the variable away: 600/min.", "warning",
        )  # fmt: skip
