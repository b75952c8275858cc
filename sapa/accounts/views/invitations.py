"""Invitations: sent, sent again, withdrawn; and the page on which the invited person comes in."""

import logging

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from sapa.accounts import actions, mail
from sapa.accounts.access import person, requires
from sapa.accounts.forms import InviteForm, PasswordForm
from sapa.accounts.models import Invitation, User
from sapa.accounts.permissions import Permission
from sapa.accounts.queries import pending_invitations
from sapa.core.errors import Refused
from sapa.core.forms import done

log = logging.getLogger("sapa.accounts")


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.PEOPLE)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody by e-mail address."""
    by = person(request)
    form = InviteForm(request.POST or None, by=by)
    made: list[tuple[Invitation, str]] = []
    if done(form, lambda: made.append(actions.invite(**form.cleaned_data, by=by))):
        return _sent(request, *made[0])
    return render(request, "people/invite.html", {"form": form, "can_send": mail.can_send()})


@never_cache
@require_POST
@requires(Permission.PEOPLE)
def renew(request: HttpRequest, id: int) -> HttpResponse:
    """Send a new link."""
    by = person(request)
    invitation = get_object_or_404(pending_invitations(by), pk=id)
    try:
        renewed, link = actions.renew_invitation(invitation, by=by)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("people:people")
    return _sent(request, renewed, link)


@require_POST
@requires(Permission.PEOPLE)
def withdraw(request: HttpRequest, id: int) -> HttpResponse:
    """End a pending invitation."""
    by = person(request)
    invitation = get_object_or_404(pending_invitations(by), pk=id)
    actions.withdraw_invitation(invitation, by=by)
    messages.success(request, _("The invitation of %(email)s was withdrawn.") % {"email": invitation.email})
    return redirect("people:people")


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponseBase:
    """The invited person chooses name and password and is logged in."""
    if request.user.is_authenticated:
        return render(request, "people/accept_other.html", status=409)
    invitation = actions.find_invitation(token)
    if invitation is None:
        return render(request, "people/accept_over.html", status=410)
    form = PasswordForm(request.POST or None)
    made: list[User] = []
    if done(form, lambda: made.append(_accept(token, form))):
        answer: HttpResponseBase = perform_login(request, made[0], email_verification="none")
        return answer
    return render(request, "people/accept.html", {"form": form, "invitation": invitation})


def _accept(token: str, form: PasswordForm) -> User:
    return actions.accept_invitation(token, **form.cleaned_data)


def _sent(request: HttpRequest, invitation: Invitation, link: str) -> HttpResponse:
    """Mail the link; where that is not possible the page shows it, this once, to be copied."""
    if mail.can_send():
        try:
            mail.send_invitation(invitation, link)
        except OSError as error:
            log.warning("The invitation of %s could not be sent: %s", invitation.email, error)
            problem = _("The mail server did not take the invitation: %(error)s") % {"error": str(error)[:200]}
            return render(request, "people/invited.html", {"invitation": invitation, "link": link, "problem": problem})
        messages.success(request, _("The invitation was sent to %(email)s.") % {"email": invitation.email})
        return redirect("people:people")
    return render(request, "people/invited.html", {"invitation": invitation, "link": link})
