"""How the workspace answers: fragments for htmx, pages for plain requests, refusals as one sentence with status 422."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from sapa.conversations.models import Conversation
from sapa.core.errors import Refused

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks, so that a part of a page is the answer."""
    return request.headers.get("HX-Request") == "true"


def refusals(view: View[P]) -> View[P]:
    """What an action refuses is told in one sentence: a toast on the page, or a page of its own."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refusal(request, str(refused))

    return told


def refusal(request: HttpRequest, sentence: str) -> HttpResponse:
    """Status 422 with the sentence."""
    if not is_fragment(request):
        return render(request, "desk/refused.html", {"sentence": sentence, "back": _next(request)}, status=422)
    response = HttpResponse(status=422)
    response["HX-Reswap"] = "none"
    return trigger(response, {"sapa:toast": {"text": sentence, "kind": "bad"}})


def changed(
    request: HttpRequest, conversation: Conversation, *, toast: Mapping[str, Any] | None = None, **more: bool
) -> HttpResponse:
    """After a change: the page fetches what shows this conversation anew; a plain form goes back to where it came from.

    more: `advance` when the case is done with and the next one may open, `unread` when it shall stay unread.
    """
    if not is_fragment(request):
        return redirect(_next(request) or f"/conversations/{conversation.pk}/")
    events: dict[str, Any] = {"sapa:changed": {"conversation": conversation.pk, **more}}
    if toast:
        events["sapa:toast"] = toast
    return trigger(HttpResponse(status=204), events)


def trigger(response: HttpResponse, events: Mapping[str, Any]) -> HttpResponse:
    """Events for the page (in ASCII: a header holds nothing else)."""
    response["HX-Trigger"] = json.dumps(events)
    return response


def _next(request: HttpRequest) -> str:
    """Where a plain form wants to go back to, when it is a place of ours."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else ""
