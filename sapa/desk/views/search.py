"""Search over the conversations that a person may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sapa.accounts.access import person
from sapa.desk import search as found
from sapa.desk.answers import is_fragment
from sapa.desk.rows import rows

MOST_CHARACTERS = 200


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """`?q=`: a number, words of the subject, a customer's name or address."""
    user = person(request)
    q = request.GET.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS]
    result = found.search(user, q)
    context = {"q": q, "rows": rows(result.items, user), "is_cut": result.is_cut, "view": "open"}
    return render(request, "desk/_found.html" if is_fragment(request) else "desk/search.html", context)
