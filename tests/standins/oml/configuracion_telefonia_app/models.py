"""Trunks and routes: columns, validators and defaults of 2.6.3 (schema_2.6.3.json, validators.txt)."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

WORD = RegexValidator(r"^\w+$")
DIAL_OPTIONS = RegexValidator(r"^[HhKkRrL():MATtWw]+$")
DIALLED_CHARACTERS = RegexValidator(r"^[+*#\d]+$")
PATTERN_CHARACTERS = RegexValidator(r"^[.\-+*#\d\[\]XZN]+$")
DID = RegexValidator(r"^\+?[*\w|.\[\]-]+$")


class TroncalSIP(models.Model):
    """A SIP trunk: `text_config` is what stands under its name in Asterisk's file."""

    CHANSIP = 0
    PJSIP = 1
    OPCIONES_TECNOLOGIA = ((CHANSIP, "chansip"), (PJSIP, "pjsip"))

    nombre: models.CharField[str, str] = models.CharField(max_length=128, unique=True, validators=[WORD])
    canales_maximos: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(
        default=1000, validators=[MinValueValidator(0), MaxValueValidator(1000)]
    )
    caller_id: models.CharField[str | None, str | None] = models.CharField(
        max_length=100, blank=True, null=True, validators=[WORD]
    )
    register_string: models.CharField[str | None, str | None] = models.CharField(max_length=100, blank=True, null=True)
    text_config: models.TextField[str, str] = models.TextField()
    tecnologia: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(
        choices=OPCIONES_TECNOLOGIA, default=PJSIP
    )

    def __str__(self) -> str:
        return str(self.nombre)

    @property
    def tecnologia_astdb(self) -> str:
        """How the dialplan names the channel driver (a1: TECH)."""
        return "SIP" if self.tecnologia == self.CHANSIP else "PJSIP"


def max_orden_ruta_saliente() -> int:
    """The place after the last outbound route."""
    last = RutaSaliente.objects.aggregate(models.Max("orden"))["orden__max"]
    return 1 if last is None else int(last) + 1


class RutaSaliente(models.Model):
    """An outbound route; routes are tried by `orden`."""

    nombre: models.CharField[str, str] = models.CharField(max_length=128, unique=True, validators=[WORD])
    ring_time: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(
        default=25, validators=[MaxValueValidator(3600), MinValueValidator(1)]
    )
    dial_options: models.CharField[str, str] = models.CharField(max_length=512, default="Tt", validators=[DIAL_OPTIONS])
    orden: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(
        unique=True, default=max_orden_ruta_saliente
    )

    def __str__(self) -> str:
        return str(self.nombre)


class PatronDeDiscado(models.Model):
    """One dial pattern of an outbound route: `prefix` is cut from the number, `prepend` put before it."""

    ruta_saliente: models.ForeignKey[RutaSaliente, RutaSaliente] = models.ForeignKey(
        RutaSaliente, related_name="patrones_de_discado", on_delete=models.CASCADE
    )
    prepend: models.CharField[str | None, str | None] = models.CharField(
        max_length=32, blank=True, null=True, validators=[DIALLED_CHARACTERS]
    )
    prefix: models.CharField[str | None, str | None] = models.CharField(
        max_length=32, blank=True, null=True, validators=[DIALLED_CHARACTERS]
    )
    match_pattern: models.CharField[str, str] = models.CharField(max_length=100, validators=[PATTERN_CHARACTERS])
    orden: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()

    class Meta:
        ordering = ["orden"]
        unique_together = ("orden", "ruta_saliente")

    def __str__(self) -> str:
        return f"{self.ruta_saliente} {self.orden}"


class OrdenTroncal(models.Model):
    """The place of a trunk among those of an outbound route. A trunk in use cannot be deleted."""

    ruta_saliente: models.ForeignKey[RutaSaliente, RutaSaliente] = models.ForeignKey(
        RutaSaliente, related_name="secuencia_troncales", on_delete=models.CASCADE
    )
    orden: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    troncal: models.ForeignKey[TroncalSIP, TroncalSIP] = models.ForeignKey(
        TroncalSIP, related_name="ordenes_en_rutas_salientes", on_delete=models.PROTECT
    )

    class Meta:
        ordering = ["orden"]
        unique_together = ("orden", "ruta_saliente")

    def __str__(self) -> str:
        return f"{self.ruta_saliente} {self.orden} {self.troncal}"


class DestinoEntrante(models.Model):
    """Where an inbound call can be led. The stand-in has objects for campaigns, agents and HangUp only."""

    CAMPANA = 1
    VALIDACION_FECHA_HORA = 2
    IVR = 3
    EXTENSION = 4
    HANGUP = 5
    SURVEY = 6
    CUSTOM_DST = 7
    VOICEMAIL = 8
    IDENTIFICADOR_CLIENTE = 9
    MENU_INTERACTIVO_WHATSAPP = 10
    AGENTE = 11
    CLOSING_MESSAGE = 12
    TIPOS_DESTINOS = (
        (CAMPANA, "Campaña entrante"),
        (VALIDACION_FECHA_HORA, "Validación de fecha/hora"),
        (IVR, "IVR"),
        (HANGUP, "HangUp"),
        (IDENTIFICADOR_CLIENTE, "Identificador cliente"),
        (CUSTOM_DST, "Destino personalizado"),
        (MENU_INTERACTIVO_WHATSAPP, "Menú Interactivo de Whatsapp"),
        (AGENTE, "Agente"),
        (SURVEY, "CX Survey"),
        (CLOSING_MESSAGE, "Mensaje de Cierre"),
    )

    nombre: models.CharField[str, str] = models.CharField(max_length=128)
    tipo: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(choices=TIPOS_DESTINOS)
    content_type: models.ForeignKey[ContentType, ContentType] = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()
    content_object = GenericForeignKey("content_type", "object_id")
    destinos: models.ManyToManyField[DestinoEntrante, OpcionDestino] = models.ManyToManyField(
        "DestinoEntrante", through="OpcionDestino"
    )

    class Meta:
        unique_together = ("tipo", "object_id")

    def __str__(self) -> str:
        return f"{dict(self.TIPOS_DESTINOS).get(self.tipo, self.tipo)}: {self.nombre}"


class OpcionDestino(models.Model):
    """From one inbound destination to the next."""

    valor: models.CharField[str, str] = models.CharField(max_length=30)
    destino_anterior: models.ForeignKey[DestinoEntrante, DestinoEntrante] = models.ForeignKey(
        DestinoEntrante, related_name="destinos_siguientes", on_delete=models.CASCADE
    )
    destino_siguiente: models.ForeignKey[DestinoEntrante, DestinoEntrante] = models.ForeignKey(
        DestinoEntrante, related_name="destinos_anteriores", on_delete=models.CASCADE
    )

    class Meta:
        unique_together = ("destino_anterior", "valor")

    def __str__(self) -> str:
        return f"{self.destino_anterior} -{self.valor}-> {self.destino_siguiente}"


class HangUp(models.Model):
    """The one destination that hangs up."""

    @classmethod
    def load(cls) -> HangUp:
        """The only row."""
        return cls.objects.get_or_create(pk=1)[0]

    def __str__(self) -> str:
        return "HangUp"


class AudiosAsteriskConf(models.Model):
    """A package of recorded phrases, by language."""

    paquete_idioma: models.CharField[str, str] = models.CharField(max_length=2, unique=True)
    esta_instalado: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.paquete_idioma)


class RutaEntrante(models.Model):
    """An inbound route: calls to the DID `telefono` go to `destino`."""

    nombre: models.CharField[str, str] = models.CharField(max_length=30, unique=True)
    telefono: models.CharField[str, str] = models.CharField(max_length=30, unique=True, validators=[DID])
    prefijo_caller_id: models.CharField[str | None, str | None] = models.CharField(max_length=30, blank=True, null=True)
    idioma: models.ForeignKey[AudiosAsteriskConf, AudiosAsteriskConf] = models.ForeignKey(
        AudiosAsteriskConf, related_name="rutas_entrantes", on_delete=models.PROTECT
    )
    destino: models.ForeignKey[DestinoEntrante, DestinoEntrante] = models.ForeignKey(
        DestinoEntrante, related_name="rutas_entrantes", on_delete=models.CASCADE
    )

    def __str__(self) -> str:
        return f"{self.nombre} [id={self.pk}]"
