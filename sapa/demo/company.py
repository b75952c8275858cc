"""Toko Nusantara, a shop that never was: its people, teams, inboxes, fields and companies."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from sapa.accounts.actions import create_user
from sapa.accounts.models import Team, User
from sapa.channels.email.actions import Outgoing, change_outgoing, create_inbox
from sapa.conversations.models import Inbox
from sapa.customers.actions import create_company, create_field
from sapa.customers.models import CustomField
from sapa.demo.addresses import BILLING, DOMAIN, SUPPORT

# name, role, team
PEOPLE = (
    ("Ayu Rahma", "administrator", "Layanan"),
    ("Bagus Prasetyo", "agent", "Layanan"),
    ("Citra Lestari", "agent", "Pengiriman"),
    ("Dimas Wicaksono", "agent", "Pengiriman"),
    ("Eka Putri", "agent", "Tagihan"),
    ("Fajar Nugroho", "supervisor", "Layanan"),
    ("Gita Maharani", "quality", "Layanan"),
)
REASONS = ("Pengiriman", "Pembayaran", "Produk", "Akun", "Lainnya")
COMPANIES = (("PT Sinar Jaya", "sinarjaya.example"), ("CV Karya Bersama", "karyabersama.example"))


@dataclass(frozen=True)
class Company:
    """What the past and the mail need to know of the shop."""

    people: dict[str, User]
    teams: dict[str, Team]
    support: Inbox
    billing: Inbox
    order_field: str
    reason_field: str
    city_field: str


def password() -> str:
    """The password of everybody in the demo: made once, kept readable by its owner only."""
    path: Path = settings.HOME / "demo_password"
    if not path.exists():
        path.touch(0o600)
        path.write_text(f"nusantara-{secrets.token_hex(4)}", encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def login() -> str:
    """The address with which a newcomer looks around."""
    return f"ayu@{DOMAIN}"


def company() -> Company:
    """The shop, once it is founded."""
    fields = {field.name: field.key for field in CustomField.objects.all()}
    inboxes = {inbox.address: inbox for inbox in Inbox.objects.filter(address__in=[SUPPORT, BILLING])}
    return Company(
        people={user.name: user for user in User.objects.select_related("role").filter(email__endswith=f"@{DOMAIN}")},
        teams={team.name: team for team in Team.objects.all()},
        support=inboxes[SUPPORT],
        billing=inboxes[BILLING],
        order_field=fields["Nomor pesanan"],
        reason_field=fields["Alasan"],
        city_field=fields["Kota"],
    )


@transaction.atomic
def found(*, customers_port: int) -> None:
    """Make the shop. customers_port: where its customers' mail server listens on this machine."""
    teams = {name: Team.objects.create(name=name) for name in ("Layanan", "Pengiriman", "Tagihan")}
    for name, role, team in PEOPLE:
        email = f"{name.split()[0].lower()}@{DOMAIN}"
        create_user(email=email, name=name, role=role, password=password()).teams.add(teams[team])
    support = create_inbox(
        by=None,
        name="Toko Nusantara",
        address=SUPPORT,
        from_name="Toko Nusantara",
        signature="Toko Nusantara · Jl. Merdeka 45, Bandung",
    )
    billing = create_inbox(
        by=None,
        name="Tagihan",
        address=BILLING,
        from_name="Tagihan Toko Nusantara",
        teams=[teams["Tagihan"].pk, teams["Layanan"].pk],
        default_team=teams["Tagihan"].pk,
    )
    for inbox in (support, billing):
        change_outgoing(inbox, by=None, outgoing=Outgoing(url=f"smtp://127.0.0.1:{customers_port}"))
    create_field(by=None, target="conversation", name="Nomor pesanan", type="text")
    create_field(by=None, target="conversation", name="Alasan", type="choice", choices=REASONS)
    create_field(by=None, target="customer", name="Kota", type="text")
    for name, domain in COMPANIES:
        create_company(by=None, name=name, domains=[domain])
