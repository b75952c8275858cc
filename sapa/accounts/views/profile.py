"""One's own profile, API tokens and sessions."""

from datetime import timedelta

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts import actions, tokens
from sapa.accounts.access import person, requires
from sapa.accounts.audit import audit
from sapa.accounts.changed import access_changed
from sapa.accounts.forms import ProfileForm, TokenForm
from sapa.accounts.permissions import Permission
from sapa.core import clock
from sapa.core.forms import done


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone, appearance, signature, keys, notifications."""
    user = person(request)
    form = ProfileForm(request.POST or None, instance=user)
    if done(form, lambda: actions.change_profile(user, **form.cleaned_data)):
        messages.success(request, _("Your profile was saved."))
        return redirect("people:profile")
    return render(request, "people/profile.html", {"form": form})


@require_GET
@requires(Permission.TOKEN)
def token_list(request: HttpRequest) -> HttpResponse:
    """One's own API tokens."""
    rows = person(request).tokens.filter(revoked_at__isnull=True).order_by("-id")[:200]
    return render(request, "people/tokens.html", {"tokens": rows, "form": TokenForm(), "now": clock.now()})


@never_cache
@require_POST
@requires(Permission.TOKEN)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth is not typed
def create_token(request: HttpRequest) -> HttpResponse:
    """A new token; its secret is shown on this answer only."""
    user = person(request)
    form = TokenForm(request.POST)
    made: list[str] = []

    def create() -> None:
        days = form.cleaned_data["days"]
        expires_at = clock.now() + timedelta(days=int(days)) if days else None
        token, raw = tokens.create_token(
            user, name=form.cleaned_data["name"], scopes=form.cleaned_data["scopes"], expires_at=expires_at, by=user
        )
        audit("token.created", actor=user, target=f"token:{token.pk} {token.name}", changes={"scopes": token.scopes})
        made.append(raw)

    if done(form, create):
        return render(request, "people/token_made.html", {"raw": made[0], "name": form.cleaned_data["name"]})
    rows = user.tokens.filter(revoked_at__isnull=True).order_by("-id")[:200]
    return render(request, "people/tokens.html", {"tokens": rows, "form": form, "now": clock.now()})


@require_POST
def revoke_token(request: HttpRequest, id: int) -> HttpResponse:
    """End one's own token."""
    user = person(request)
    token = get_object_or_404(user.tokens, pk=id)
    tokens.revoke_token(token, by=user)
    audit("token.revoked", actor=user, target=f"token:{token.pk} {token.name}")
    messages.success(request, _("«%(name)s» no longer works.") % {"name": token.name})
    return redirect("people:tokens")


@require_POST
def end_session(request: HttpRequest, id: int) -> HttpResponse:
    """Log one of one's own other sessions out."""
    user = person(request)
    session = get_object_or_404(UserSession, user=user, pk=id)
    session.end()
    audit("session.ended", actor=user, target=f"user:{user.pk} {user.email}", changes={"address": session.ip})
    access_changed(user.pk)
    messages.success(request, _("That session was logged out."))
    return redirect("usersessions_list")


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponseRedirect:
    """The language of this browser, on pages before the log-in; kept in a cookie for a year."""
    wanted, after = request.POST.get("language", ""), request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    response = HttpResponseRedirect(after if safe else reverse("account_login"))
    if wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=31536000, secure=secure, samesite="Lax")
    return response
