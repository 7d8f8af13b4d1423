"""The table of the links themselves."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates `oml_plugin_savedlink`."""

    dependencies = [("oml_plugin", "0002_directorytoken")]

    operations = [
        migrations.CreateModel(
            name="SavedLink",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=32, unique=True)),
                ("code", models.TextField()),
                ("changed", models.DateTimeField()),
                ("verified", models.JSONField(null=True)),
                ("verified_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
