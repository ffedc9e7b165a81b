"""Columns that a database lacks although it counts as up to date: a program between two versions has made it.

Twice a migration was completed after somebody could have run it (a case's area of grids, a task's expected effect). Such a site
would start, and pages would fail one by one.
"""

from __future__ import annotations

from django.apps import apps
from django.db import connection


def mend_tables() -> list[str]:
    """Add the columns that are missing, each with its default; says which."""
    added = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        there = {
            model: {column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)}
            for model in apps.get_models()
            if model._meta.managed and model._meta.db_table in tables and model.__module__.startswith("ecopark.")
        }  # fmt: skip
    for model, columns in there.items():
        for field in model._meta.local_concrete_fields:
            if field.column not in columns:
                with connection.schema_editor() as editor:
                    editor.add_field(model, field)
                added.append(f"{model._meta.db_table}.{field.column}")
    return added
