"""Users, agents, groups and campaigns, as far as the product reads them.

User and AgenteProfile have every column of schema_2.6.3.json; Grupo and Campana only those named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import QuerySet

if TYPE_CHECKING:
    from configuracion_telefonia_app.models import RutaSaliente

    AgentManager = models.Manager["AgenteProfile"]
    CampaignManager = models.Manager["Campana"]
else:  # Django 2.2, an OMniLeads that is too old, cannot subscript its managers
    AgentManager = CampaignManager = models.Manager


class User(AbstractUser):
    """Anybody who can log in; the role is the one group that a user has."""

    ADMINISTRADOR = "Administrador"
    GERENTE = "Gerente"
    SUPERVISOR = "Supervisor"
    REFERENTE = "Referente"
    AGENTE = "Agente"
    CLIENTE_WEBPHONE = "Cliente Webphone"
    ROLES = (ADMINISTRADOR, GERENTE, SUPERVISOR, REFERENTE, AGENTE, CLIENTE_WEBPHONE)

    is_agente: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    is_supervisor: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    last_session_key: models.CharField[str | None, str | None] = models.CharField(max_length=40, blank=True, null=True)
    borrado: models.BooleanField[bool, bool] = models.BooleanField(default=False, editable=False)
    is_cliente_webphone: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    @property
    def rol(self) -> Group | None:
        """The user's role, None for one without any."""
        return self.groups.first()

    def get_tiene_permiso_administracion(self) -> bool:
        """Whether the user sees the supervision pages at all."""
        return bool(self.is_supervisor or self.is_staff)

    def tiene_permiso_oml(self, nombre_permiso: str | None) -> bool:
        """Whether the user may open the URL of that name; one that is no permission is open to everyone."""
        from ominicontacto_app.permisos import PermisoOML

        if not PermisoOML.objects.filter(codename=nombre_permiso).exists():
            return True
        return bool(self.has_perm(f"permiso_oml.{nombre_permiso}"))


class Grupo(models.Model):
    """A group of agents; the real table has 25 more settings."""

    nombre: models.CharField[str, str] = models.CharField(max_length=20, unique=True)
    auto_attend_inbound: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    auto_attend_dialer: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    auto_unpause: models.PositiveIntegerField[int, int] = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.nombre)


class AgenteProfileManager(AgentManager):
    """Queries that the real OML offers under these names."""

    def obtener_activos(self) -> QuerySet[AgenteProfile]:
        """Agents that are neither paused by an administrator nor deleted."""
        return self.filter(is_inactive=False, borrado=False, user__borrado=False)


class AgenteProfile(models.Model):
    """An agent; `sip_extension` is 1000 + the user's id (f1), not the agent's."""

    ESTADO_OFFLINE = 1
    ESTADO_ONLINE = 2
    ESTADO_PAUSA = 3
    ESTADO_CHOICES = ((ESTADO_OFFLINE, "OFFLINE"), (ESTADO_ONLINE, "ONLINE"), (ESTADO_PAUSA, "PAUSA"))

    objects = AgenteProfileManager()

    user: models.OneToOneField[User, User] = models.OneToOneField(User, on_delete=models.CASCADE)
    sip_extension: models.IntegerField[int, int] = models.IntegerField(unique=True)
    sip_password: models.CharField[str | None, str | None] = models.CharField(max_length=128, blank=True, null=True)
    grupo: models.ForeignKey[Grupo, Grupo] = models.ForeignKey(Grupo, related_name="agentes", on_delete=models.CASCADE)
    estado: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(
        choices=ESTADO_CHOICES, default=ESTADO_OFFLINE
    )
    reported_by: models.ForeignKey[User, User] = models.ForeignKey(
        User, related_name="reportedby", on_delete=models.CASCADE
    )
    is_inactive: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    borrado: models.BooleanField[bool, bool] = models.BooleanField(default=False, editable=False)

    def __str__(self) -> str:
        return str(self.user.get_full_name())

    def get_asterisk_caller_id(self) -> str:
        """The name OML gives the agent's endpoint: id and full name, no blanks (f1)."""
        return f"{self.pk}_{self.user.get_full_name()}".replace(" ", "_")


class CampanaManager(CampaignManager):
    """What the lists of campaigns show: no deleted ones."""

    def get_queryset(self) -> QuerySet[Campana]:
        return super().get_queryset().exclude(estado=Campana.ESTADO_BORRADA)


class Campana(models.Model):
    """A campaign; the real table has 27 more settings. `outr` is its own outbound route, if it has one."""

    ESTADO_ACTIVA = 2
    ESTADO_FINALIZADA = 3
    ESTADO_BORRADA = 4
    ESTADO_PAUSADA = 5
    ESTADO_INACTIVA = 6
    ESTADOS = (
        (ESTADO_ACTIVA, "Activa"),
        (ESTADO_FINALIZADA, "Finalizada"),
        (ESTADO_BORRADA, "Borrada"),
        (ESTADO_PAUSADA, "Pausada"),
        (ESTADO_INACTIVA, "Inactiva"),
    )
    TYPE_MANUAL = 1
    TYPE_DIALER = 2
    TYPE_ENTRANTE = 3
    TYPE_PREVIEW = 4
    TYPES_CAMPANA = (
        (TYPE_MANUAL, "Manual"),
        (TYPE_DIALER, "Dialer"),
        (TYPE_ENTRANTE, "Entrante"),
        (TYPE_PREVIEW, "Preview"),
    )

    objects_default: models.Manager[Campana] = models.Manager()
    objects = CampanaManager()

    estado: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(
        choices=ESTADOS, default=ESTADO_INACTIVA
    )
    nombre: models.CharField[str, str] = models.CharField(max_length=128, unique=True)
    type: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(choices=TYPES_CAMPANA)
    reported_by: models.ForeignKey[User, User] = models.ForeignKey(User, on_delete=models.CASCADE)
    oculto: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    es_template: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    outcid: models.CharField[str | None, str | None] = models.CharField(max_length=128, null=True, blank=True)
    outr: models.ForeignKey[RutaSaliente | None, RutaSaliente | None] = models.ForeignKey(
        "configuracion_telefonia_app.RutaSaliente", blank=True, null=True, on_delete=models.CASCADE
    )

    def __str__(self) -> str:
        return str(self.nombre)
