"""What a person was told: the bell with its newest few, and the page of all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from sapa.accounts.access import person
from sapa.conversations import actions
from sapa.conversations.queries import notifications_of, unread_notifications

IN_THE_BELL = 12
ON_A_PAGE = 50


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell: how many are unread, and the newest."""
    user = person(request)
    newest = list(notifications_of(user)[:IN_THE_BELL])
    context = {"unread": unread_notifications(user), "notifications": newest, "person": user}
    return render(request, "desk/notifications/_bell.html", context)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All of them, newest first; `?before=` an id for older ones."""
    user, before = person(request), request.GET.get("before", "")
    rows = notifications_of(user)
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: ON_A_PAGE + 1])
    more = found[ON_A_PAGE - 1].pk if len(found) > ON_A_PAGE else 0
    context = {"notifications": found[:ON_A_PAGE], "more": more, "unread": unread_notifications(user)}
    return render(request, "desk/notifications/page.html", {**context, "here": "notifications"})


@require_safe
def visit(request: HttpRequest, id: int) -> HttpResponse:
    """Open what a notification is about; it counts as read."""
    user = person(request)
    found = get_object_or_404(notifications_of(user), pk=id)
    actions.mark_read(by=user, ids=[found.pk])
    return redirect("desk:permalink", found.conversation_id)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read: all up to the id `upto` (what the person had before their eyes), or all."""
    upto = request.POST.get("upto", "")
    actions.mark_read(by=person(request), upto=int(upto) if upto.isdecimal() and len(upto) < 19 else None)
    return HttpResponse(status=204) if request.headers.get("HX-Request") else redirect("desk:notifications")


@require_POST
def desktop(request: HttpRequest) -> HttpResponse:
    """`on=1`: show notifications outside the page too (the browser has been asked by the page)."""
    actions.set_desktop_notifications(by=person(request), on=request.POST.get("on") == "1")
    return HttpResponse(status=204)
