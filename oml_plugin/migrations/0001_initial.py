"""The table of what is ours."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates `oml_plugin_ownedresource`."""

    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OwnedResource",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("link", models.CharField(max_length=32)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=128)),
                ("image", models.TextField()),
            ],
            options={"unique_together": {("link", "kind", "name")}},
        ),
    ]
