"""How people get in: by invitation only; single sign-on finds the account with the same proven address."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from sapa.accounts.actions import create_user
from sapa.accounts.models import User
from sapa.core import crypto

log = logging.getLogger("sapa.accounts")
SILENT = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            # The page must not tell by an error whether the address is known; the log does.
            log.warning("%s for %s could not be sent: %s", template_prefix, email, error)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: object, **kwargs: object
    ) -> None:
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Single sign-on opens existing accounts, and makes new ones only when SAPA_OIDC_ROLE names their role."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        return bool(settings.OIDC_ROLE) and _proven(sociallogin) != ""

    def save_user(self, request: HttpRequest, sociallogin: object, form: object = None) -> User:
        email = _proven(sociallogin)
        claims = sociallogin.account.get_provider_account().get_user_data() or {}  # type: ignore[attr-defined]
        name = str(claims.get("name") or email.partition("@")[0])[:120]
        user = create_user(email=email, name=name, role=settings.OIDC_ROLE)
        sociallogin.connect(request, user)  # type: ignore[attr-defined]
        return user


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is not typed
    """The secrets of authenticator apps and recovery codes lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Sapa"


def _proven(sociallogin: object) -> str:
    """The first address that the sign-on server vouches for."""
    addresses = sociallogin.email_addresses  # type: ignore[attr-defined]
    return next((str(address.email) for address in addresses if address.verified), "")
