"""Tables of the app; those columns that schema_2.6.3.json has, in its order."""

from __future__ import annotations

import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("configuracion_telefonia_app", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Designates that this user has all permissions without explicitly assigning them."
                        ),
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text=(
                            "Designates whether this user should be treated as active. Unselect "
                            "this instead of deleting accounts."
                        ),
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                ("is_agente", models.BooleanField(default=False)),
                ("is_supervisor", models.BooleanField(default=False)),
                ("last_session_key", models.CharField(blank=True, max_length=40, null=True)),
                ("borrado", models.BooleanField(default=False, editable=False)),
                ("is_cliente_webphone", models.BooleanField(default=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text=(
                            "The groups this user belongs to. A user will get all permissions "
                            "granted to each of their groups."
                        ),
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.Group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.Permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Grupo",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("nombre", models.CharField(max_length=20, unique=True)),
                ("auto_attend_inbound", models.BooleanField(default=False)),
                ("auto_attend_dialer", models.BooleanField(default=False)),
                ("auto_unpause", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Campana",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "estado",
                    models.PositiveIntegerField(
                        choices=[
                            (2, "Activa"),
                            (3, "Finalizada"),
                            (4, "Borrada"),
                            (5, "Pausada"),
                            (6, "Inactiva"),
                        ],
                        default=6,
                    ),
                ),
                ("nombre", models.CharField(max_length=128, unique=True)),
                (
                    "type",
                    models.PositiveIntegerField(
                        choices=[(1, "Manual"), (2, "Dialer"), (3, "Entrante"), (4, "Preview")]
                    ),
                ),
                ("oculto", models.BooleanField(default=False)),
                ("es_template", models.BooleanField(default=False)),
                ("outcid", models.CharField(blank=True, max_length=128, null=True)),
                (
                    "outr",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="configuracion_telefonia_app.rutasaliente",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            managers=[
                ("objects_default", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="AgenteProfile",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("sip_extension", models.IntegerField(unique=True)),
                ("sip_password", models.CharField(blank=True, max_length=128, null=True)),
                (
                    "estado",
                    models.PositiveIntegerField(
                        choices=[(1, "OFFLINE"), (2, "ONLINE"), (3, "PAUSA")], default=1
                    ),
                ),
                ("is_inactive", models.BooleanField(default=False)),
                ("borrado", models.BooleanField(default=False, editable=False)),
                (
                    "grupo",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agentes",
                        to="ominicontacto_app.grupo",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reportedby",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
    ]
