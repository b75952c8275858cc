"""A real Dovecot for tests: configured in a folder of its own, on free ports, as root or as anybody."""

import contextlib
import getpass
import grp
import imaplib
import os
import secrets
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sapa.core.tests.ports import free_port

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PASSWORD = "let-me-in"  # of every user; there is every user
NOBODY = 65534

CONFIG = """
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {inner}
default_login_user = {login}
default_internal_group = {group}
default_process_limit = 40
default_vsz_limit = 0
ssl = yes
ssl_cert = <{place}/cert.pem
ssl_key = <{place}/key.pem
ssl_dh =
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0 secs
auth_cache_size = 0
mail_location = maildir:{place}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
mail_max_userip_connections = 200
{capability}
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = static
  args = password={password}
}}
{oauth}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/home/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

OAUTH = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place}/oauth2
}}
"""


class Dovecot:
    """Started by `start`, ended by `stop`; every address is a user, all with the same password."""

    def __init__(self, *, idle: bool = True, introspection_url: str = "") -> None:
        self.imap, self.imaps, self.lmtp = (free_port() for _ in range(3))
        self._place = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self._place.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        for folder in ("run", "state", "mail", "home"):
            (self._place / folder).mkdir()
        root = os.getuid() == 0
        if root:
            for folder in ("mail", "home"):
                os.chown(self._place / folder, NOBODY, NOBODY)
        me = getpass.getuser()
        _certificate(self._place)
        (self._place / "oauth2").write_text(
            f"introspection_mode = get\nintrospection_url = {introspection_url}?access_token=\n"
            "username_attribute = user\nactive_attribute = active\nactive_value = true\n"
        )
        capability = "" if idle else "imap_capability = IMAP4rev1 UIDPLUS LITERAL+"
        (self._place / "conf").write_text(
            CONFIG.format(
                place=self._place,
                password=PASSWORD,
                imap=self.imap,
                imaps=self.imaps,
                lmtp=self.lmtp,
                inner="dovecot" if root else me,
                login="dovenull" if root else me,
                group="dovecot" if root else _own_group(),
                uid=NOBODY if root else os.getuid(),
                gid=NOBODY if root else os.getgid(),
                mechanisms="plain login xoauth2 oauthbearer" if introspection_url else "plain login",
                oauth=OAUTH.format(place=self._place) if introspection_url else "",
                capability=capability,
            )
        )

    @property
    def certificate(self) -> Path:
        """The certificate of 127.0.0.1 and localhost, which signs itself."""
        return self._place / "cert.pem"

    def start(self) -> None:
        assert PROGRAM
        self._process = subprocess.Popen([PROGRAM, "-F", "-c", str(self._place / "conf")], start_new_session=True)
        for port in (self.imap, self.imaps, self.lmtp):
            _wait_for(port, self)

    def stop(self) -> None:
        """End it with all its connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=20)
            # Its children notice only a moment later; a restart must not meet their sockets.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._place, ignore_errors=True)

    def log(self) -> str:
        path = self._place / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def deliver(self, address: str, *mails: bytes) -> None:
        """Mails arrive over LMTP, as from a mail server."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            for mail in mails:
                lmtp.sendmail("dan@customer.example", [address], mail)

    @contextlib.contextmanager
    def box(self, address: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """The user's own view, by the client of the standard library."""
        client = imaplib.IMAP4("127.0.0.1", self.imap)
        try:
            client.login(address, PASSWORD)
            client.select(folder)
            yield client
        finally:
            client.logout()

    def append(self, address: str, folder: str, *mails: bytes) -> None:
        """Put mails into a folder, made when it is missing."""
        with self.box(address) as client:
            client.create(folder)
            for mail in mails:
                client.append(folder, "", imaplib.Time2Internaldate(time.time()), mail)

    def mails(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder as they lie there."""
        with self.box(address, folder) as client:
            _typ, found = client.fetch("1:*", "(BODY.PEEK[])") if client.search(None, "ALL")[1][0] else ("", [])
            return [part[1] for part in found if isinstance(part, tuple)]

    def flags(self, address: str, folder: str = "INBOX") -> list[str]:
        with self.box(address, folder) as client:
            _typ, found = client.fetch("1:*", "(FLAGS)") if client.search(None, "ALL")[1][0] else ("", [])
            return [line.decode() for line in found if isinstance(line, bytes)]


def mail(subject: str, *, to: str = "support@shop.example", size: int = 0, message_id: str = "") -> bytes:
    """A mail of Dan."""
    message = EmailMessage()
    message["From"] = "Dan Customer <dan@customer.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = message_id or f"<{secrets.token_hex(8)}@customer.example>"
    message.set_content(f"Where is my order? ({subject})\n")
    if size:
        message.add_attachment(
            os.urandom(size * 3 // 4), maintype="application", subtype="octet-stream", filename="a.bin"
        )
    return message.as_bytes()


def _wait_for(port: int, dovecot: Dovecot) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
            return
        time.sleep(0.05)
    raise TimeoutError(f"Dovecot does not answer on port {port}:\n{dovecot.log()}")


def _own_group() -> str:
    return grp.getgrgid(os.getgid()).gr_name


def _certificate(place: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (place / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (place / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture
def dovecot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    """A running Dovecot whose certificate is trusted."""
    server = Dovecot()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    try:
        server.start()
        yield server
    finally:
        server.remove()
