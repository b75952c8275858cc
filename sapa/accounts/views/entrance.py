"""Ways in that differ from allauth's: closed ones, password reset without mail, single sign-on that fails in a sentence."""

import logging
from collections.abc import Callable

from allauth.account.views import password_reset as allauth_password_reset
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from requests import RequestException

from sapa.accounts import mail
from sapa.accounts.sso import Adapter
from sapa.core.errors import Refused

log = logging.getLogger("sapa.accounts")


@login_not_required
def closed(request: HttpRequest, **parts: str) -> HttpResponse:
    """Pages of allauth that Sapa does not have: signing up, changing addresses, connecting other accounts."""
    raise Http404


@login_not_required
def password_reset(request: HttpRequest) -> HttpResponseBase:
    """By mail; where Sapa sends none the page says so."""
    if not mail.can_send():
        return render(request, "account/password_reset_no_mail.html")
    answer: HttpResponseBase = allauth_password_reset(request)
    return answer


@login_not_required
def sso_login(request: HttpRequest) -> HttpResponseBase:
    """To the sign-on server."""
    return _guarded(request, lambda: OAuth2LoginView.adapter_view(Adapter(request, "sso"))(request))


@login_not_required
def sso_callback(request: HttpRequest) -> HttpResponseBase:
    """Back from the sign-on server."""
    return _guarded(request, lambda: OAuth2CallbackView.adapter_view(Adapter(request, "sso"))(request))


def _guarded(request: HttpRequest, step: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """A server that is away or answers nonsense is a sentence on a page."""
    try:
        return step()
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except ImmediateHttpResponse as immediate:
        answer: HttpResponseBase = immediate.response
        return answer
    except (RequestException, OAuth2Error, KeyError, ValueError, TypeError, AttributeError, Refused) as error:
        # What a broken server sends may break allauth's reading in many ways; all mean the same to the person.
        log.warning("Single sign-on failed: %s: %s", type(error).__name__, error)
        return render(request, "socialaccount/authentication_error.html", status=503)
