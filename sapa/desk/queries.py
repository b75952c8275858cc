"""The views of the workspace: what each holds, how many there are, and one page of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from sapa.accounts.models import Team, User
from sapa.conversations.models import Conversation, Draft, Participant, Tag
from sapa.conversations.queries import Page, inboxes_visible_to, page, visible_to

PAGE = 50
MOST_COUNTED = 999
# Views of one team or inbox that the column shows; the rest is reached by search and by the palette.
MOST_OF_A_KIND = 30
ACTIVE = ("open", "pending")
LISTED = (
    "id", "channel", "customer__name", "subject", "status", "priority", "assignee__name", "assignee__email", "team__name",
    "last_message_at", "last_message_text", "last_message_direction", "waiting_since", "snoozed_until",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """A list that a person may open. `count` is "" while unknown or zero, "999+" above what is counted."""

    slug: str
    label: str
    icon: str
    is_counted: bool = True
    count: str = ""


@dataclass(frozen=True)
class ViewGroup:
    """Views under one heading."""

    heading: str
    views: Sequence[View]


def view_groups(user: User) -> list[ViewGroup]:
    """All views of this person, in the order of the column; two queries."""
    teams = list(user.teams.all()[:MOST_OF_A_KIND]) if not user.sees_all else list(Team.objects.all()[:MOST_OF_A_KIND])
    inboxes = inboxes_visible_to(user)[:MOST_OF_A_KIND]
    groups = [
        ViewGroup(
            _("Mine"),
            [
                View("mine", _("Assigned to me"), "mine"),
                View("mentions", _("Mentioned"), "mention"),
                View("drafts", _("Drafts"), "draft"),
                View("snoozed", _("Snoozed"), "snooze"),
            ],
        ),
        ViewGroup(
            _("Everybody"),
            [
                View("unassigned", _("Unassigned"), "unassigned"),
                View("open", _("All open"), "all"),
                View("resolved", _("Resolved"), "resolve", is_counted=False),
                View("spam", _("Spam"), "spam", is_counted=False),
            ],
        ),
    ]
    if teams:
        groups.append(ViewGroup(_("Teams"), [View(f"team-{team.pk}", team.name, "team") for team in teams]))
    if len(inboxes) > 1:
        groups.append(
            ViewGroup(_("Inboxes"), [View(f"inbox-{inbox.pk}", inbox.name, inbox.channel) for inbox in inboxes])
        )
    return groups


def label_of(slug: str, groups: Sequence[ViewGroup]) -> str:
    """What a view is called; empty when this person has no such view."""
    return next((view.label for group in groups for view in group.views if view.slug == slug), "")


def rows_of(slug: str, user: User) -> QuerySet[Conversation]:
    """The conversations of a view, of those that this person may see. Raises ValueError for an unknown view."""
    rows = visible_to(user)
    kind, _dash, id = slug.partition("-")
    match kind:
        case "mine":
            return rows.filter(assignee=user, status__in=ACTIVE)
        case "mentions":
            return rows.filter(pk__in=Participant.objects.filter(user=user).values("conversation")).exclude(
                status="spam"
            )
        case "drafts":
            begun = Draft.objects.filter(user=user).exclude(html="", files__isnull=True)
            return rows.filter(pk__in=begun.values("conversation"))
        case "snoozed":
            return rows.filter(Q(assignee=user) | Q(snoozed_by=user), status="snoozed")
        case "unassigned":
            return rows.filter(assignee__isnull=True, status__in=ACTIVE)
        case "open":
            return rows.filter(status__in=ACTIVE)
        case "resolved":
            return rows.filter(status__in=("resolved", "closed"))
        case "spam":
            return rows.filter(status="spam")
        case "team" if id.isdecimal():
            return rows.filter(team=int(id), status__in=ACTIVE)
        case "inbox" if id.isdecimal():
            return rows.filter(inbox=int(id), status__in=ACTIVE)
        case _:
            raise ValueError(f"no view is called {slug}")


def page_of(slug: str, user: User, *, cursor: str = "") -> Page:
    """One page of a view with the tags of its conversations. Raises ValueError for an unknown view or cursor."""
    return page(listed(rows_of(slug, user)), cursor=cursor, limit=PAGE)


def listed(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """The same rows with what a list shows of them and nothing more; the names of tags as `tag_names`."""
    names = Tag.conversations.through.objects.filter(conversation=OuterRef("pk")).order_by("tag__name")
    return (
        rows.select_related("customer", "assignee", "team")
        .only(*LISTED)
        .annotate(tag_names=ArraySubquery(names.values("tag__name")))
    )


def counts(user: User, groups: Sequence[ViewGroup]) -> dict[str, str]:
    """How many each counted view holds, in one statement; each count stops at MOST_COUNTED."""
    slugs = [view.slug for group in groups for view in group.views if view.is_counted]
    # Built of the ORM's own statements, each with its parameters.
    parts: list[str] = []
    values: list[int | str] = []
    for slug in slugs:
        sql, parameters = rows_of(slug, user).order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
        parts.append(f"(select count(*) from ({sql}) n)")  # noqa: S608
        values += parameters
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(parts)}", values)
        found: tuple[int, ...] = cursor.fetchone()
    return {slug: _shown(count) for slug, count in zip(slugs, found, strict=True)}


def _shown(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
