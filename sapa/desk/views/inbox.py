"""The workspace itself: a view with its list, and the conversation that is open in it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sapa.accounts.access import person
from sapa.accounts.models import User
from sapa.conversations.models import Conversation
from sapa.conversations.queries import Page, visible_to
from sapa.desk import queries
from sapa.desk.answers import is_fragment
from sapa.desk.rows import rows
from sapa.desk.views.thread import conversation_of, thread_context

VIEW = r"(?P<view>mine|mentions|drafts|snoozed|unassigned|open|resolved|spam|(?:team|inbox)-[0-9]{1,15})"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page after log-in: what is assigned to this person."""
    return redirect("/inbox/mine/")


@require_safe
def inbox(request: HttpRequest, view: str, id: int = 0) -> HttpResponse:
    """A view; with `id` also the thread of that conversation. To htmx: the rows behind `cursor`."""
    user = person(request)
    page = _page(view, user, request.GET.get("cursor", "")[:60])
    context = {"rows": rows(page.items, user), "next": page.next, "view": view, "selected": str(id or "")}
    if is_fragment(request):
        return render(request, "desk/_rows.html", context)
    groups = queries.view_groups(user)
    label = queries.label_of(view, groups)
    if not label:
        raise Http404
    if id:
        context |= thread_context(conversation_of(user, id), user)
    return render(request, "desk/inbox.html", {**context, "groups": groups, "label": label})


@require_safe
def row(request: HttpRequest, view: str, id: int) -> HttpResponse:
    """One row as it is now; 204 when the conversation does not (or no longer) belong to the view."""
    user = person(request)
    try:
        found = queries.listed(queries.rows_of(view, user)).filter(pk=id)
    except ValueError as error:
        raise Http404 from error
    shown = rows(list(found), user)
    return render(request, "desk/_rows.html", {"rows": shown, "view": view}) if shown else HttpResponse(status=204)


@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """The column of views with how many each holds; asked for after the page, and again when something happened."""
    user = person(request)
    groups = queries.view_groups(user)
    context = {"groups": groups, "counts": queries.counts(user, groups), "view": request.GET.get("view", "")[:40]}
    return render(request, "desk/_views.html", context)


@require_safe
def conversation(request: HttpRequest, id: int) -> HttpResponse:
    """The lasting address of a conversation: leads to it in the view where it is at home."""
    user = person(request)
    found = get_object_or_404(visible_to(user), pk=id)
    return redirect(f"/inbox/{_home_of(found, user)}/{found.pk}/")


def _home_of(found: Conversation, user: User) -> str:
    if found.status in ("resolved", "closed", "spam"):
        return "spam" if found.status == "spam" else "resolved"
    return "mine" if found.assignee_id == user.pk and found.status in queries.ACTIVE else "open"


def _page(view: str, user: User, cursor: str) -> Page:
    try:
        return queries.page_of(view, user, cursor=cursor)
    except (ValueError, OverflowError) as error:
        raise Http404(_("There is no such list.")) from error
