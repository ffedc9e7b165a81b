"""The day a task is due now begins as the one it was made with; `tasks.lights` writes what events have made of it."""

from django.db import migrations
from django.db.models import F


def begin(apps, schema_editor):
    """Most tasks were never moved: they need not be written one by one when a park is first looked at."""
    apps.get_model("tasks", "Task").objects.filter(due_now=None).update(due_now=F("due"))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_stored_figures_and_lights")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
