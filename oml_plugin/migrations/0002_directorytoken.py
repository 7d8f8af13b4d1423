"""The tables of the directory API: the token's hash, and how often it was asked."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates `oml_plugin_directorytoken` and `oml_plugin_requestcount`."""

    dependencies = [("oml_plugin", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="DirectoryToken",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("link", models.CharField(max_length=32, unique=True)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created", models.DateTimeField()),
                ("last_used", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("who", models.CharField(max_length=80, unique=True)),
                ("minute", models.BigIntegerField()),
                ("count", models.IntegerField()),
            ],
        ),
    ]
