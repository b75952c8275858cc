"""Single sign-on by OpenID Connect: allauth's, with the ID token's signature always checked against the server's keys."""

from typing import Any

from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth is not typed
    """allauth trusts a token that came by direct connection; a sign-on server inside a network may lack TLS, so we do not."""

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
            verify_signature=True,
        )
        return claims

    def complete_login(self, request: Any, app: Any, token: Any, **kwargs: Any) -> Any:
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no ID token")
        login = super().complete_login(request, app, token, **kwargs)
        told = login.account.extra_data
        if told.get("userinfo", {}).get("sub", told["id_token"]["sub"]) != told["id_token"]["sub"]:
            raise OAuth2Error("userinfo is about somebody else")  # OpenID Connect Core 5.3.2
        return login
