"""The first administrator: asked for in the language of the start, or given by the environment; a weak password is refused."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation

from ecopark.errors import Place, Problem
from ecopark.web.people.access import administrators
from ecopark.web.people.models import User

PASSWORD = "DJANGO_SUPERUSER_PASSWORD"
NAME = "admin"
"""Unless another is given."""
LANGUAGES = {"zh": "zh-hans", "en": "en"}


def is_there() -> bool:
    """Whether somebody may administer this site already."""
    return _has_accounts() and administrators().exists()


def _has_accounts() -> bool:
    """Whether there is a table of accounts; asking an SQLite database that is not there would make it."""
    unasked = connection.vendor == "sqlite" and connection.connection is None
    if unasked and not Path(connection.settings_dict["NAME"]).exists():
        return False
    return User._meta.db_table in connection.introspection.table_names()


def problems(name: str, environ: Mapping[str, str], *, asked: bool) -> Iterable[Problem]:
    """What stands against making the first administrator, said before anything is made.

    Parameters
    ----------
    name
        As given on the command line, may be empty.
    asked
        Whether somebody sits at a terminal and can be asked.
    """
    if is_there():
        return
    if password := environ.get(PASSWORD):
        user = User(username=name or NAME)
        if found := _said(_wrong_name, user.username):
            yield Problem(
                "administrator-name", Place("--admin"), f"这个用户名不能用：{found['zh']}",
                f"this name cannot be used: {found['en']}", "换一个用户名。", "Give another one.",
            )  # fmt: skip
        if found := _said(_wrong_password, password, user):
            yield Problem(
                "weak-password", Place(PASSWORD), f"首个管理员的密码太弱：{found['zh']}",
                f"the password of the first administrator is too weak: {found['en']}", "换一个密码。", "Give another one.",
            )  # fmt: skip
    elif not asked:
        yield Problem(
            "no-administrator", Place(), "还没有管理员。", "there is no administrator yet.",
            f"请先在终端启动一次，或给出 --admin 名称 与 {PASSWORD}。",
            f"Start once in a terminal, or give --admin NAME and {PASSWORD}.",
        )  # fmt: skip


def make(name: str, environ: Mapping[str, str], lang: str) -> User | None:
    """Make the first administrator where there is none: from the environment, or by asking.

    Raises
    ------
    EOFError
        Nobody answered.
    """
    if is_there():
        return None
    with translation.override(LANGUAGES[lang]):
        if password := environ.get(PASSWORD):
            name = name or NAME
        else:
            name, password = _asked(name, lang == "zh")
    return User.objects.create_superuser(name, password=password)


def _asked(name: str, zh: bool) -> tuple[str, str]:
    print("请设置首个管理员。" if zh else "The first administrator of this site:")
    while not name or (wrong := _wrong_name(name)):
        if name:
            print("\n".join(wrong))
        name = input(f"用户名（直接回车为 {NAME}）：" if zh else f"Username (Enter: {NAME}): ").strip() or NAME
    while True:
        password = getpass.getpass("密码（输入时不显示）：" if zh else "Password (not shown): ")
        if wrong := _wrong_password(password, User(username=name)):
            print("\n".join(wrong))
        elif getpass.getpass("再输入一次：" if zh else "Once more: ") != password:
            print("两次输入不一致。" if zh else "These are two different passwords.")
        else:
            print(f"已设置管理员 {name}。" if zh else f"{name} is the administrator.")
            return name, password


def _wrong_name(name: str) -> list[str]:
    try:
        User._meta.get_field("username").clean(name, None)
    except ValidationError as error:
        return error.messages
    if _has_accounts() and User.objects.filter(username=name).exists():
        return [str(User._meta.get_field("username").error_messages["unique"])]
    return []


def _wrong_password(password: str, user: User) -> list[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return error.messages
    return []


def _said(check: object, *what: object) -> dict[str, str]:
    """What a check says in either language; nothing where it finds nothing."""
    found = {}
    for lang, code in LANGUAGES.items():
        with translation.override(code):
            if messages := check(*what):  # type: ignore[operator]
                found[lang] = " ".join(messages)
    return found
