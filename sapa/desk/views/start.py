"""The company writes first: a new conversation from the workspace."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from sapa.accounts.access import person, requires
from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations import actions
from sapa.conversations.models import Conversation
from sapa.core.forms import done
from sapa.customers.models import Identity
from sapa.desk.forms import StartForm


@require_http_methods(["GET", "POST"])
@requires(Permission.READ, Permission.REPLY)
def start(request: HttpRequest) -> HttpResponse:
    """The form (`?to=` fills in an address); then the new conversation."""
    user = person(request)
    form = StartForm(request.POST or None, user=user, initial={"address": request.GET.get("to", "")[:254]})
    begun: list[Conversation] = []
    if done(form, lambda: begun.append(_begin(form, user))):
        return redirect("desk:permalink", begun[0].pk)
    return render(request, "desk/start.html", {"form": form}, status=422 if form.errors else 200)


@transaction.atomic
def _begin(form: StartForm, user: User) -> Conversation:
    given = form.cleaned_data
    customer = actions.customer_at(Identity.Kind.EMAIL, given["address"].lower(), name=given["name"])
    conversation = actions.start(inbox=given["inbox"], customer=customer, subject=given["subject"], by=user)
    actions.reply(conversation, by=user, text=given["text"])
    return conversation
