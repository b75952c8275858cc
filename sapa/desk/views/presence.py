"""Who is looking at a conversation and who is typing: browsers say it every few seconds, and are told who else is."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from sapa.accounts.access import person
from sapa.conversations.queries import visible_to
from sapa.core.errors import Refused
from sapa.timeline import actions
from sapa.timeline.present import present_in

GONE = "gone"


@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """`conversation`, `tab`, `doing` (viewing, typing, gone): the others who are there; 422 with a sentence when refused."""
    user, tab = person(request), request.POST.get("tab", "")
    conversation_id = _number(request.POST.get("conversation", ""))
    if request.POST.get("doing") == GONE:
        actions.leave(user, tab=tab[: actions.TAB_LENGTH], conversation_id=conversation_id)
        return HttpResponse(status=204)
    if not visible_to(user).filter(pk=conversation_id).exists():
        raise Http404
    try:
        actions.be_present(user, tab=tab, conversation_id=conversation_id, doing=request.POST.get("doing", ""))
    except Refused as refused:
        return HttpResponse(str(refused), status=422, content_type="text/plain; charset=utf-8")
    return render(request, "desk/_presence.html", {"present": present_in(conversation_id, besides=user)})


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)
