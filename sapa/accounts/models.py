"""People who work here: users, their role and teams; invitations, API tokens and the audit log."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sapa.accounts.permissions import STANDARD_NAMES, Permission, Scope


class Role(models.Model):
    """An editable set of permissions. The administrator's cannot be taken apart (checked in actions)."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    permissions: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=40, choices=Permission.choices), default=list, blank=True
    )
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.TEAM)
    is_standard = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name; those that Sapa brings are translated as long as nobody renamed them."""
        return gettext(self.name) if self.is_standard and self.name in STANDARD_NAMES else self.name


class Team(models.Model):
    """People who share work; inboxes may be open to certain teams only."""

    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail address, whatever its case (the name and signature are Django's)."""

    def get_queryset(self) -> "models.QuerySet[User]":
        """With the role: almost everything asks what a person may do, beginning with the log-in check of each request."""
        return super().get_queryset().select_related("role")

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who works with Sapa, known by e-mail address."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("E-mail address"), max_length=254)
    name = models.CharField(_("Name"), max_length=120)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="users")
    teams = models.ManyToManyField(Team, related_name="users", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    language = models.CharField(_("Language"), max_length=8, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True)
    theme = models.CharField(_("Appearance"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    signature = models.TextField(_("Signature"), max_length=4000, blank=True)
    single_keys = models.BooleanField(_("Single-key shortcuts"), default=True)
    desktop_notifications = models.BooleanField(_("Desktop notifications"), default=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def may(self, permission: Permission | str) -> bool:
        """Whether this person's role allows it (inactive people may nothing)."""
        return self.is_active and str(permission) in self.role.permissions

    @property
    def sees_all(self) -> bool:
        """Whether the role sees every conversation of the inboxes that are open to this person."""
        return self.role.scope == Scope.ALL

    def team_ids(self) -> list[int]:
        """Ids of the person's teams, read once per instance."""
        if "_team_ids" not in self.__dict__:
            self.__dict__["_team_ids"] = sorted(self.teams.values_list("id", flat=True))
        found: list[int] = self.__dict__["_team_ids"]
        return found


def display_name(user: User) -> str:
    """How a person is called on pages."""
    return str(user)


class Invitation(models.Model):
    """A mailed link with which one person makes an account; only the hash of its token is kept."""

    email = models.EmailField(max_length=254)
    role = models.ForeignKey(Role, on_delete=models.CASCADE)
    teams = models.ManyToManyField(Team, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=models.Q(accepted_at__isnull=True), name="invitation_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A bearer token of a person; only its SHA-256 is kept, `prefix` helps to recognise it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=40), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class AuditEntry(models.Model):
    """One line of the append-only audit log (the database refuses to change or delete it)."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60, db_index=True)
    target = models.CharField(max_length=120, blank=True)
    changes = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-id"]
