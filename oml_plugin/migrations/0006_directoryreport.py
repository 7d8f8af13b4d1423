"""The table of what each link's PBX said that it has."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates `oml_plugin_directoryreport`."""

    dependencies = [("oml_plugin", "0005_pairing")]

    operations = [
        migrations.CreateModel(
            name="DirectoryReport",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("link", models.CharField(max_length=32, unique=True)),
                ("reported", models.DateTimeField()),
                ("extensions", models.JSONField()),
            ],
        ),
    ]
