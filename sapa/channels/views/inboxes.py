"""Inboxes: the list, a new one, and its settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.channels.email import actions
from sapa.channels.email.models import EmailInbox
from sapa.channels.email.tries import try_outgoing
from sapa.channels.forms import InboxForm, OutgoingForm, provider_settings
from sapa.channels.queries import inboxes_managed_by, inboxes_with_mailboxes, mail_not_taken_in
from sapa.conversations.models import Inbox
from sapa.core.forms import done

MOST = 500


@require_GET
@requires(Permission.INBOX)
def listing(request: HttpRequest) -> HttpResponse:
    """Every inbox, and whether its mail comes in."""
    by = person(request)
    told = {"inboxes": inboxes_with_mailboxes(by)[:MOST], "has_unreadable": mail_not_taken_in(by).exists()}
    return render(request, "channels/inboxes.html", told)


@require_GET
@requires(Permission.INBOX)
def choose(request: HttpRequest) -> HttpResponse:
    """Which kind of channel a new inbox is."""
    return render(request, "channels/choose.html")


@require_http_methods(["GET", "POST"])
@requires(Permission.INBOX)
def create(request: HttpRequest) -> HttpResponse:
    """A new e-mail inbox."""
    form = InboxForm(request.POST or None)
    made: list[Inbox] = []
    if form.is_valid() and done(form, lambda: made.append(actions.create_inbox(by=person(request), **form.wanted()))):
        messages.success(request, _("The inbox was made. Now say from where its mail comes."))
        return redirect("channels:mailboxes", made[0].pk)
    return render(request, "channels/inbox.html", {"form": form})


@require_http_methods(["GET", "POST"])
@requires(Permission.INBOX)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """An inbox's name, addresses, teams and automatic answer."""
    inbox = _inbox(request, id)
    form = InboxForm.of(inbox, request.POST or None)
    if form.is_valid() and done(form, lambda: actions.change_inbox(inbox, by=person(request), **form.wanted())):
        messages.success(request, _("The inbox was changed."))
        return redirect("channels:inbox", inbox.pk)
    return render(request, "channels/inbox.html", {"form": form, "inbox": inbox, "here": "inbox"})


@require_http_methods(["GET", "POST"])
@requires(Permission.INBOX)
def outgoing(request: HttpRequest, id: int) -> HttpResponse:
    """How an inbox sends."""
    inbox = _inbox(request, id)
    form = OutgoingForm(_email(inbox), request.POST or None)
    if form.is_valid() and done(
        form, lambda: actions.change_outgoing(inbox, by=person(request), outgoing=form.wanted())
    ):
        messages.success(request, _("What leaves from here was changed."))
        return redirect("channels:outgoing", inbox.pk)
    extra = [(form[name], keys) for name, (_label, keys) in provider_settings().items()]
    told = {"form": form, "inbox": inbox, "extra": extra, "here": "outgoing"}
    return render(request, "channels/outgoing.html", told)


@require_POST
@requires(Permission.INBOX)
def test_outgoing(request: HttpRequest, id: int) -> HttpResponse:
    """Log in to the outgoing server now; the answer in place."""
    return render(request, "channels/_tried.html", {"tried": try_outgoing(_email(_inbox(request, id)))})


def _inbox(request: HttpRequest, id: int) -> Inbox:
    return get_object_or_404(inboxes_managed_by(person(request)), pk=id, channel="email")


def _email(inbox: Inbox) -> EmailInbox:
    return EmailInbox.objects.filter(inbox=inbox).first() or EmailInbox(inbox=inbox)
