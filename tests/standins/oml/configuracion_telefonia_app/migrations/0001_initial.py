"""Tables of the app, as in schema_2.6.3.json."""

from __future__ import annotations

import configuracion_telefonia_app.models
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


def _id() -> models.AutoField[int, int]:
    return models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="AudiosAsteriskConf",
            fields=[
                ("id", _id()),
                ("paquete_idioma", models.CharField(max_length=2, unique=True)),
                ("esta_instalado", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="DestinoEntrante",
            fields=[
                ("id", _id()),
                ("nombre", models.CharField(max_length=128)),
                (
                    "tipo",
                    models.PositiveIntegerField(
                        choices=[
                            (1, "Campaña entrante"),
                            (2, "Validación de fecha/hora"),
                            (3, "IVR"),
                            (5, "HangUp"),
                            (9, "Identificador cliente"),
                            (7, "Destino personalizado"),
                            (10, "Menú Interactivo de Whatsapp"),
                            (11, "Agente"),
                            (6, "CX Survey"),
                            (12, "Mensaje de Cierre"),
                        ]
                    ),
                ),
                ("object_id", models.PositiveIntegerField()),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HangUp",
            fields=[
                ("id", _id()),
            ],
        ),
        migrations.CreateModel(
            name="RutaSaliente",
            fields=[
                ("id", _id()),
                (
                    "nombre",
                    models.CharField(
                        max_length=128,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^\\w+$")],
                    ),
                ),
                (
                    "ring_time",
                    models.PositiveIntegerField(
                        default=25,
                        validators=[
                            django.core.validators.MaxValueValidator(3600),
                            django.core.validators.MinValueValidator(1),
                        ],
                    ),
                ),
                (
                    "dial_options",
                    models.CharField(
                        default="Tt",
                        max_length=512,
                        validators=[django.core.validators.RegexValidator("^[HhKkRrL():MATtWw]+$")],
                    ),
                ),
                (
                    "orden",
                    models.PositiveIntegerField(
                        default=configuracion_telefonia_app.models.max_orden_ruta_saliente, unique=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TroncalSIP",
            fields=[
                ("id", _id()),
                (
                    "nombre",
                    models.CharField(
                        max_length=128,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^\\w+$")],
                    ),
                ),
                (
                    "canales_maximos",
                    models.PositiveIntegerField(
                        default=1000,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "caller_id",
                    models.CharField(
                        blank=True,
                        max_length=100,
                        null=True,
                        validators=[django.core.validators.RegexValidator("^\\w+$")],
                    ),
                ),
                ("register_string", models.CharField(blank=True, max_length=100, null=True)),
                ("text_config", models.TextField()),
                (
                    "tecnologia",
                    models.PositiveIntegerField(choices=[(0, "chansip"), (1, "pjsip")], default=1),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RutaEntrante",
            fields=[
                ("id", _id()),
                ("nombre", models.CharField(max_length=30, unique=True)),
                (
                    "telefono",
                    models.CharField(
                        max_length=30,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^\\+?[*\\w|.\\[\\]-]+$")],
                    ),
                ),
                ("prefijo_caller_id", models.CharField(blank=True, max_length=30, null=True)),
                (
                    "destino",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rutas_entrantes",
                        to="configuracion_telefonia_app.destinoentrante",
                    ),
                ),
                (
                    "idioma",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rutas_entrantes",
                        to="configuracion_telefonia_app.audiosasteriskconf",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OpcionDestino",
            fields=[
                ("id", _id()),
                ("valor", models.CharField(max_length=30)),
                (
                    "destino_anterior",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="destinos_siguientes",
                        to="configuracion_telefonia_app.destinoentrante",
                    ),
                ),
                (
                    "destino_siguiente",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="destinos_anteriores",
                        to="configuracion_telefonia_app.destinoentrante",
                    ),
                ),
            ],
            options={
                "unique_together": {("destino_anterior", "valor")},
            },
        ),
        migrations.AddField(
            model_name="destinoentrante",
            name="destinos",
            field=models.ManyToManyField(
                through="configuracion_telefonia_app.OpcionDestino",
                to="configuracion_telefonia_app.DestinoEntrante",
            ),
        ),
        migrations.CreateModel(
            name="PatronDeDiscado",
            fields=[
                ("id", _id()),
                (
                    "prepend",
                    models.CharField(
                        blank=True,
                        max_length=32,
                        null=True,
                        validators=[django.core.validators.RegexValidator("^[+*#\\d]+$")],
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        blank=True,
                        max_length=32,
                        null=True,
                        validators=[django.core.validators.RegexValidator("^[+*#\\d]+$")],
                    ),
                ),
                (
                    "match_pattern",
                    models.CharField(
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("^[.\\-+*#\\d\\[\\]XZN]+$")],
                    ),
                ),
                ("orden", models.PositiveIntegerField()),
                (
                    "ruta_saliente",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="patrones_de_discado",
                        to="configuracion_telefonia_app.rutasaliente",
                    ),
                ),
            ],
            options={
                "ordering": ["orden"],
                "unique_together": {("orden", "ruta_saliente")},
            },
        ),
        migrations.CreateModel(
            name="OrdenTroncal",
            fields=[
                ("id", _id()),
                ("orden", models.PositiveIntegerField()),
                (
                    "ruta_saliente",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secuencia_troncales",
                        to="configuracion_telefonia_app.rutasaliente",
                    ),
                ),
                (
                    "troncal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ordenes_en_rutas_salientes",
                        to="configuracion_telefonia_app.troncalsip",
                    ),
                ),
            ],
            options={
                "ordering": ["orden"],
                "unique_together": {("orden", "ruta_saliente")},
            },
        ),
        migrations.AlterUniqueTogether(
            name="destinoentrante",
            unique_together={("tipo", "object_id")},
        ),
    ]
