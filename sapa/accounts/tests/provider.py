"""A small real OpenID Connect provider on loopback: discovery, authorisation with PKCE, tokens signed with RS256, keys."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "sapa", "the client's secret"


@dataclass
class Provider:
    """Who signs on (`claims`), and what the provider does wrong (`fault`): signature, issuer, sub, garbage, error."""

    url: str = ""
    fault: str = ""
    claims: dict[str, object] = field(
        default_factory=lambda: {"sub": "42", "email": "alice@shop.example", "email_verified": True, "name": "Alice"}
    )
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def discovery(self) -> dict[str, object]:
        names = ("authorization", "token", "userinfo")
        return {
            "issuer": self.url,
            **{f"{name}_endpoint": f"{self.url}/{name}" for name in names},
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorise(self, query: dict[str, str]) -> str:
        """Where the browser is sent: back, with a code."""
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Tokens for a code, once, and only for who holds the verifier."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(
            b"="
        )
        if not asked or challenge.decode() != asked["code_challenge"] or form.get("client_secret") != SECRET:
            return 400, {"error": "invalid_grant"}
        issuer = "https://else.example" if self.fault == "issuer" else self.url
        claims = {**self.claims, "iss": issuer, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 300}
        key = rsa.generate_private_key(65537, 2048) if self.fault == "signature" else self.key
        signed = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": signed}

    def keys(self) -> dict[str, object]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, until the end of the block."""
    provider = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if provider.fault == "garbage":
                return self._send(200, b"<html>not what you think</html>")
            match parts.path:
                case "/.well-known/openid-configuration":
                    self._json(200, provider.discovery())
                case "/authorization":
                    self.send_response(302)
                    self.send_header("Location", provider.authorise(query))
                    self.end_headers()
                case "/userinfo":
                    sub = {"sub": "43"} if provider.fault == "sub" else {}
                    self._json(200, {**provider.claims, **sub})
                case "/keys":
                    self._json(200, provider.keys())
                case _:
                    self._json(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._json(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _json(self, status: int, content: dict[str, object]) -> None:
            self._send(status, json.dumps(content).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str = "text/html") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
