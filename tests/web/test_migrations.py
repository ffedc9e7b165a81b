"""Databases of earlier programs come whole to this one: what a migration did stays as it was, and what once changed is made up for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from ecopark.web.cases.models import Case
from ecopark.web.mend_tables import mend_tables
from ecopark.web.tasks.models import Task

WEB = Path(__file__).parents[2] / "src" / "ecopark" / "web"
KNOWN = Path(__file__).parent / "migrations.sha256"
"""Made with ``sha256sum */migrations/0*.py`` in `WEB`; a migration that is new may be added."""


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {c.name for c in connection.introspection.get_table_description(cursor, table)}


def test_no_migration_was_changed_after_sites_may_have_run_it() -> None:
    rows = [line.split() for line in KNOWN.read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 30
    changed = [name for digest, name in rows if hashlib.sha256((WEB / name).read_bytes()).hexdigest() != digest]
    assert not changed, f"add a further migration instead of changing {changed}"


@pytest.mark.django_db(transaction=True)
def test_columns_that_a_program_between_two_versions_did_not_make_are_added() -> None:
    assert mend_tables() == []
    for model, name in ((Case, "to_area"), (Task, "effect")):
        with connection.schema_editor() as editor:
            editor.remove_field(model, model._meta.get_field(name))
        assert name not in columns(model._meta.db_table)
    call_command("migrate", interactive=False, verbosity=0)
    assert "to_area" not in columns("cases_case")  # as far as Django's table of migrations goes, all is done
    assert sorted(mend_tables()) == ["cases_case.to_area", "tasks_task.effect"]
    assert {"to_area"} <= columns("cases_case") and {"effect"} <= columns("tasks_task")
    assert mend_tables() == []
