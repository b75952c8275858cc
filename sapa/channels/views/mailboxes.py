"""Mailboxes: from where the mail of an inbox is fetched, how that goes, and a try at the push of a button."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.channels.email import actions
from sapa.channels.email.models import Mailbox
from sapa.channels.email.providers import PRESETS
from sapa.channels.email.tries import Tried, try_incoming
from sapa.channels.forms import MailboxForm
from sapa.channels.queries import inboxes_managed_by, mailboxes_managed_by
from sapa.conversations.models import Inbox
from sapa.core.forms import done


@require_GET
@requires(Permission.INBOX)
def listing(request: HttpRequest, id: int) -> HttpResponse:
    """The mailboxes of an inbox; as a fragment, to see how they do."""
    inbox = _inbox(request, id)
    told = {"inbox": inbox, "mailboxes": mailboxes_managed_by(person(request)).filter(inbox=inbox), "here": "mailboxes"}
    page = "channels/_mailboxes.html" if request.headers.get("HX-Request") else "channels/mailboxes.html"
    return render(request, page, told)


@require_http_methods(["GET", "POST"])
@requires(Permission.INBOX)
def create(request: HttpRequest, id: int) -> HttpResponse:
    """A further mailbox of an inbox."""
    inbox = _inbox(request, id)
    form = MailboxForm(request.POST or None, initial={"user": inbox.address})
    if form.is_valid() and done(form, lambda: actions.add_mailbox(inbox, by=person(request), **form.wanted())):
        messages.success(request, _("The mailbox was added; its mail is being fetched."))
        return redirect("channels:mailboxes", inbox.pk)
    return render(request, "channels/mailbox.html", {"form": form, "inbox": inbox, "presets": PRESETS})


@require_http_methods(["GET", "POST"])
@requires(Permission.INBOX)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """The settings of a mailbox."""
    mailbox = _mailbox(request, id)
    form = MailboxForm.of(mailbox, request.POST or None)
    if form.is_valid() and done(form, lambda: actions.change_mailbox(mailbox, by=person(request), **form.wanted())):
        messages.success(request, _("The mailbox was changed."))
        return redirect("channels:mailboxes", mailbox.inbox_id)
    return render(request, "channels/mailbox.html", {"form": form, "inbox": mailbox.inbox, "mailbox": mailbox})


@require_POST
@requires(Permission.INBOX)
def remove(request: HttpRequest, id: int) -> HttpResponse:
    """Fetch no more from there; what came stays."""
    mailbox = _mailbox(request, id)
    actions.remove_mailbox(mailbox, by=person(request))
    messages.success(request, _("The mailbox was removed; its mail is fetched no more."))
    return redirect("channels:mailboxes", mailbox.inbox_id)


@require_POST
@requires(Permission.INBOX)
def test(request: HttpRequest, id: int) -> HttpResponse:
    """Log in to a stored mailbox now; the answer in place."""
    return render(request, "channels/_tried.html", {"tried": try_incoming(_mailbox(request, id))})


@require_POST
@requires(Permission.INBOX)
def test_form(request: HttpRequest, id: int) -> HttpResponse:
    """Log in with what the form says, before it is saved; `mailbox` names the one that is being changed."""
    inbox = _inbox(request, id)
    known = request.POST.get("mailbox", "")
    mailbox = get_object_or_404(_of(request), pk=known, inbox=inbox) if known.isdigit() else Mailbox(inbox=inbox)
    form = MailboxForm.of(mailbox, request.POST) if mailbox.pk else MailboxForm(request.POST)
    if form.is_valid() and done(form, lambda: actions.draft_mailbox(mailbox, form.wanted())):
        return render(request, "channels/_tried.html", {"tried": try_incoming(mailbox)})
    wrong = " ".join(dict.fromkeys(str(error) for errors in form.errors.values() for error in errors))
    return render(request, "channels/_tried.html", {"tried": Tried(False, wrong)})


def _inbox(request: HttpRequest, id: int) -> Inbox:
    return get_object_or_404(inboxes_managed_by(person(request)), pk=id, channel="email")


def _of(request: HttpRequest) -> QuerySet[Mailbox]:
    return mailboxes_managed_by(person(request))


def _mailbox(request: HttpRequest, id: int) -> Mailbox:
    return get_object_or_404(_of(request), pk=id)
