"""The code that turns an authenticator app on is used up by that: it opens no log-in afterwards."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]  # allauth is not typed
    """allauth checks the code but does not mark it."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        TOTP(Authenticator(user=self.user, type=Authenticator.Type.TOTP))._mark_code_used(code)
        return code
