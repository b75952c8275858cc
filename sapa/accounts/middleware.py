"""What each request carries along: the language and time zone that the person chose, the address for the audit log."""

import zoneinfo
from collections.abc import Callable
from contextlib import suppress

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from sapa.accounts.audit import coming_from


class PreferencesMiddleware:
    """Activates the user's language and zone; a browser's wish (LocaleMiddleware) stands when they chose none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            if user.language:
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
            if user.time_zone:
                _activate_zone(user.time_zone)
        try:
            response = self.get_response(request)
            if user.is_authenticated and user.language:
                response.headers["Content-Language"] = user.language
            return response
        finally:
            timezone.deactivate()


def _activate_zone(name: str) -> None:
    # Not by the list of all zones: making it reads a folder of six hundred files, at every request.
    with suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        timezone.activate(zoneinfo.ZoneInfo(name))


class AddressMiddleware:
    """Audit lines written during a request carry the address it came from (behind SAPA_PROXIES trusted proxies)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with coming_from(_address_of(request)):
            return self.get_response(request)


def _address_of(request: HttpRequest) -> str | None:
    try:
        address: str = get_adapter(request).get_client_ip(request)
    except PermissionDenied:  # no proxy header where SAPA_PROXIES promises one
        return None
    return address
