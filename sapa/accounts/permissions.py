"""What a role may allow, and the roles that every installation starts with."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    """One right; roles are sets of these."""

    READ = "conversation.read", _("Read conversations")
    REPLY = "conversation.reply", _("Answer customers")
    NOTE = "conversation.note", _("Write internal notes")
    ASSIGN = "conversation.assign", _("Assign conversations")
    CHANGE = "conversation.change", _("Change status, priority, tags and fields")
    DELETE = "conversation.delete", _("Delete conversations")
    CUSTOMER_READ = "customer.read", _("Read customers")
    CUSTOMER_CHANGE = "customer.change", _("Change customers and companies")
    CUSTOMER_ERASE = "customer.erase", _("Erase personal data")
    EXPORT = "export", _("Export data")
    REPORT = "report.read", _("Read indicators and reports")
    QUALITY = "quality.review", _("Review quality")
    PLAN = "workforce.plan", _("Plan shifts and staff")
    SUPERVISE = "floor.supervise", _("Supervise the live floor")
    INBOX = "inbox.manage", _("Manage inboxes and channels")
    SETTINGS = "settings.manage", _("Manage fields, tags and other settings")
    PEOPLE = "people.manage", _("Manage people, teams and roles")
    AUDIT = "audit.read", _("Read the audit log")
    TOKEN = "token.own", _("Make personal API tokens")


class Scope(models.TextChoices):
    """How far a role sees within the inboxes that a person may open."""

    ALL = "all", _("Every conversation")
    TEAM = "team", _("Own, own teams' and unassigned conversations")
    OWN = "own", _("Only own conversations")


_DESK = [
    Permission.READ,
    Permission.REPLY,
    Permission.NOTE,
    Permission.ASSIGN,
    Permission.CHANGE,
    Permission.CUSTOMER_READ,
    Permission.CUSTOMER_CHANGE,
    Permission.TOKEN,
]

# key: (name, permissions, scope); the names are translated where they are shown.
STANDARD_ROLES: dict[str, tuple[str, list[Permission], Scope]] = {
    "agent": ("Agent", _DESK, Scope.TEAM),
    "supervisor": (
        "Supervisor",
        [*_DESK, Permission.DELETE, Permission.EXPORT, Permission.REPORT, Permission.SUPERVISE, Permission.QUALITY],
        Scope.ALL,
    ),
    "quality": (
        "Quality specialist",
        [Permission.READ, Permission.NOTE, Permission.CUSTOMER_READ, Permission.REPORT, Permission.QUALITY],
        Scope.ALL,
    ),
    "planner": ("Planner", [Permission.REPORT, Permission.PLAN, Permission.EXPORT], Scope.ALL),
    "administrator": ("Administrator", list(Permission), Scope.ALL),
}

# Named here once more so that they are collected for translation.
STANDARD_NAMES = {"Agent", "Supervisor", "Quality specialist", "Planner", "Administrator"}
_WORDS = (_("Agent"), _("Supervisor"), _("Quality specialist"), _("Planner"), _("Administrator"))
