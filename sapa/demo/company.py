"""Toko Nusantara, a shop that never was: its people, teams, inboxes, fields and companies."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from sapa.accounts.actions import create_user
from sapa.accounts.models import Team, User
from sapa.channels.email.actions import Outgoing, change_outgoing, create_inbox
from sapa.conversations.models import Inbox
from sapa.customers.actions import create_company, create_field

DOMAIN = "toko-nusantara.example"
SUPPORT, BILLING = f"halo@{DOMAIN}", f"tagihan@{DOMAIN}"
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


def found(*, customers_port: int) -> Company:
    """Make the shop. customers_port: where its customers' mail server listens on this machine."""
    teams = {name: Team.objects.create(name=name) for name in ("Layanan", "Pengiriman", "Tagihan")}
    people = {}
    for name, role, team in PEOPLE:
        email = f"{name.split()[0].lower()}@{DOMAIN}"
        people[name] = create_user(email=email, name=name, role=role, password=password())
        people[name].teams.add(teams[team])
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
    order = create_field(by=None, target="conversation", name="Nomor pesanan", type="text")
    reason = create_field(by=None, target="conversation", name="Alasan", type="choice", choices=REASONS)
    city = create_field(by=None, target="customer", name="Kota", type="text")
    for name, domain in COMPANIES:
        create_company(by=None, name=name, domains=[domain])
    return Company(
        people=people,
        teams=teams,
        support=support,
        billing=billing,
        order_field=order.key,
        reason_field=reason.key,
        city_field=city.key,
    )
