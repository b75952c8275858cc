"""What the settings show of people, invitations and the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q, QuerySet

from sapa.accounts.models import AuditEntry, Invitation, Role, Team, User
from sapa.accounts.permissions import Permission

PAGE = 50


def people_visible_to(user: User) -> QuerySet[User]:
    """Everybody with their role and teams, for who manages people."""
    rows = User.objects.select_related("role").prefetch_related("teams").order_by("-is_active", "name", "id")
    return rows if user.may(Permission.PEOPLE) else rows.none()


def pending_invitations(user: User) -> QuerySet[Invitation]:
    """Invitations that were not accepted, newest first; those that are over are among them, to be sent again."""
    rows = Invitation.objects.select_related("role", "invited_by").prefetch_related("teams")
    return rows.filter(accepted_at__isnull=True).order_by("-id") if user.may(Permission.PEOPLE) else rows.none()


def roles_with_counts(user: User) -> QuerySet[Role]:
    """Every role with how many people have it."""
    rows = Role.objects.annotate(people=Count("users", filter=Q(users__is_active=True))).order_by("id")
    return rows if user.may(Permission.PEOPLE) else rows.none()


def teams_with_counts(user: User) -> QuerySet[Team]:
    """Every team with how many active members it has."""
    rows = Team.objects.annotate(people=Count("users", filter=Q(users__is_active=True))).order_by("name")
    return rows if user.may(Permission.PEOPLE) else rows.none()


# Jumps from one action to the next in the index: as fast at ten million lines as at ten.
_ACTIONS = """
with recursive found as (
  (select action from accounts_auditentry order by action limit 1)
  union all
  select (select a.action from accounts_auditentry a where a.action > found.action order by a.action limit 1)
  from found where found.action is not null
)
select action from found where action is not null limit 200
"""


def audited_actions() -> list[str]:
    """Every action that the audit log knows, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


@dataclass(frozen=True)
class AuditFilter:
    """Which lines of the audit log: by whom, which actions (a beginning, `role.`), about what, from when until when."""

    who: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def audit_visible_to(user: User, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """Lines of the audit log, newest first."""
    rows = AuditEntry.objects.order_by("-id")
    if not user.may(Permission.AUDIT):
        return rows.none()
    if wanted.who:
        rows = rows.filter(actor_name__icontains=wanted.who)
    if wanted.action:
        rows = rows.filter(action__startswith=wanted.action)
    if wanted.target:
        rows = rows.filter(target__icontains=wanted.target)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows


@dataclass(frozen=True)
class AuditPage:
    """One page of the log; `next` is the id to read below for the page after it, None on the last."""

    items: Sequence[AuditEntry]
    next: int | None


def audit_page(rows: QuerySet[AuditEntry], before: int | None = None) -> AuditPage:
    """A page by keyset, newest first."""
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    return AuditPage(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)
