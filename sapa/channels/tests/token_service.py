"""An OAuth token service on loopback: gives access tokens for a refresh token, and tells Dovecot whom they belong to."""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class TokenService:
    """`refresh_token` is what it accepts now, new after each use; `asked` counts the exchanges."""

    def __init__(self, user: str) -> None:
        self.user, self.refresh_token, self.asked = user, "first refresh token", 0
        self.valid: set[str] = set()
        service = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
                self._answer(200, {"active": token in service.valid, "user": service.user})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(*service.exchange({name: values[0] for name, values in form.items()}))

            def log_message(self, *args: object) -> None:
                """Nothing on the terminal."""

            def _answer(self, status: int, body: dict[str, object]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Status and body of an exchange, as RFC 6749 section 6 has it."""
        self.asked += 1
        if form != {
            "grant_type": "refresh_token",
            "client_id": "sapa",
            "client_secret": "hush",
            "refresh_token": self.refresh_token,
        }:
            return 400, {"error": "invalid_grant", "error_description": "The refresh token was withdrawn."}
        token, self.refresh_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.valid.add(token)
        return 200, {
            "access_token": token,
            "expires_in": 3600,
            "token_type": "Bearer",
            "refresh_token": self.refresh_token,
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
