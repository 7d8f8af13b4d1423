"""The table of what the links add to OML's dialplan."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates `oml_plugin_dialplanpart`."""

    dependencies = [("oml_plugin", "0003_savedlink")]

    operations = [
        migrations.CreateModel(
            name="DialplanPart",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("link", models.CharField(max_length=32, unique=True)),
                ("hook", models.TextField()),
                ("rules", models.TextField()),
            ],
        ),
    ]
