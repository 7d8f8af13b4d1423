"""The table of invitations to PBXs and of the sessions that came of them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates `oml_plugin_pairing`."""

    dependencies = [("oml_plugin", "0004_dialplanpart")]

    operations = [
        migrations.CreateModel(
            name="Pairing",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("invitation", models.CharField(max_length=64, unique=True)),
                ("session", models.CharField(max_length=64, null=True, unique=True)),
                ("stage", models.CharField(max_length=16)),
                ("created", models.DateTimeField()),
                ("expires", models.DateTimeField()),
                ("peer", models.CharField(max_length=64)),
                ("link", models.CharField(max_length=32)),
                ("code", models.TextField()),
            ],
        ),
    ]
