"""The first run: open with the token that `sapa serve` prints, and only while nobody has an account."""

from allauth.account.utils import perform_login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sapa.accounts import first
from sapa.accounts.models import User
from sapa.core.forms import done
from sapa.desk.welcome.actions import begin
from sapa.desk.welcome.forms import WelcomeForm


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponseBase:
    """Make the first administrator and inbox, then log in."""
    if not first.is_open():
        raise Http404
    token = request.POST.get("token", "") or request.GET.get("token", "")
    if not first.fits(token):
        return render(request, "welcome/no_token.html", status=403)
    form = WelcomeForm(request.POST or None)
    made: list[User] = []
    if done(form, lambda: made.append(begin(**form.cleaned_data))):
        first.close()
        answer: HttpResponseBase = perform_login(request, made[0], email_verification="none")
        return answer
    return render(request, "welcome/welcome.html", {"form": form, "token": token})
