"""A company's past, written by COPY: conversations with ten messages each; made once and kept."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psycopg
from django.core.management import call_command
from django.db import connection, models

from bench import ground
from sapa.config import postgres

django.setup()

from sapa.accounts.models import Role, Team, User  # noqa: E402
from sapa.accounts.tokens import create_token  # noqa: E402
from sapa.conversations.models import Contact, Conversation, Inbox, Message  # noqa: E402
from sapa.customers.models import Customer, Identity  # noqa: E402

PER_CONVERSATION = 10
PROSE = (
    "pesanan belum sampai padahal sudah lewat estimasi mohon dicek kembali nomor resi faktur pajak salah alamat tolong "
    "diganti refund dana kembali kapan barang rusak ukuran sepatu warna hitam kirim ulang gudang kurir admin terima kasih "
    "saya tunggu kabar akun tidak bisa masuk kode voucher gagal pembayaran transfer bukti terlampir hari ini besok segera"
)
WORDS = PROSE.split()
STATUSES = ("open", "pending", "snoozed", "resolved", "closed", "spam")
WEIGHTS = (6, 3, 1, 20, 68, 2)  # of a hundred
NULL = "\\N"


def dsn(home: Path) -> str:
    """How psycopg opens the database of `home`."""
    return f"host={postgres.socket_folder(home)} user={postgres.USER} dbname={postgres.DATABASE}"


def fill(home: Path, *, conversations: int) -> tuple[int, str]:
    """Make the database and its past, unless they are there; gives the number of conversations and a new API token."""
    postgres.start(home)
    call_command("prepare_database", verbosity=0) if _has("prepare_database") else _migrate(home)
    present = Conversation.objects.count()
    if present < conversations:
        if present:
            raise SystemExit(f"{home} holds another past; remove it")
        _people()
        _load(home, conversations)
    agent = User.objects.get(email=ground.EMAIL)
    _token, raw = create_token(agent, name="bench")
    connection.close()
    return conversations, raw


def _has(command: str) -> bool:
    from django.core.management import get_commands

    return command in get_commands()


def _migrate(home: Path) -> None:
    with psycopg.connect(dsn(home).replace(f"dbname={postgres.DATABASE}", "dbname=postgres"), autocommit=True) as raw:
        if not raw.execute("select 1 from pg_database where datname = %s", (postgres.DATABASE,)).fetchone():
            raw.execute(f"create database {postgres.DATABASE}")
    call_command("migrate", verbosity=0)


def _people() -> None:
    roles = {role.key: role for role in Role.objects.all()}
    teams = [Team.objects.create(name=f"Team {n}") for n in range(6)]
    for n in range(8):
        inbox = Inbox.objects.create(
            name=f"Inbox {n}",
            channel="email",
            address=f"inbox{n}@bench.example",
            capabilities={"html": True, "subject": True, "cc": True, "attachments": 26214400},
        )
        _email_settings(inbox)
    for n in range(50):
        email = ground.EMAIL if n == 0 else f"agent{n}@bench.example"
        user = User(email=email, name=f"Agent {n}", role=roles["supervisor" if n < 5 else "agent"], language="en")
        user.set_password(ground.PASSWORD)
        user.save()
        user.teams.add(teams[n % 6])


def _email_settings(inbox: Inbox) -> None:
    from sapa.channels.email.models import EmailInbox

    EmailInbox.objects.get_or_create(inbox=inbox)


def _load(home: Path, conversations: int) -> None:
    """COPY without indexes, then build them: several times as fast."""
    begun = time.monotonic()
    customers = max(1, conversations // 3)
    inboxes = list(Inbox.objects.order_by("id").values_list("id", flat=True))
    users = list(User.objects.order_by("id").values_list("id", flat=True))
    teams = list(Team.objects.order_by("id").values_list("id", flat=True))
    rand = random.Random(20261122)
    start = datetime(2025, 11, 1, tzinfo=UTC)
    step = timedelta(days=385) / conversations
    texts = [" ".join(rand.choices(WORDS, k=rand.randint(12, 45))) for _ in range(2000)]
    cases = [rand.choices(STATUSES, WEIGHTS)[0] for _ in range(conversations)]

    def people() -> Iterator[dict[str, Any]]:
        for n in range(1, customers + 1):
            yield {"id": n, "name": f"Pelanggan {n}", "created_at": start, "updated_at": start}

    def identities() -> Iterator[dict[str, Any]]:
        for n in range(1, customers + 1):
            yield {
                "id": n,
                "customer_id": n,
                "kind": "email",
                "address": f"customer{n}@mail.example",
                "created_at": start,
            }

    def cases_() -> Iterator[dict[str, Any]]:
        for n in range(1, conversations + 1):
            at, status = start + step * n, cases[n - 1]
            assigned = status not in ("spam",) and n % 4 != 0
            yield {
                "id": n,
                "number": n,
                "inbox_id": inboxes[n % len(inboxes)],
                "channel": "email",
                "customer_id": n % customers + 1,
                "subject": f"Pesanan {n} " + texts[n % 2000][:40],
                "status": status,
                "priority": 2 + (n % 17 == 0),
                "holder": "agent" if assigned else "queue",
                "assignee_id": users[n % len(users)] if assigned else None,
                "team_id": teams[n % len(teams)] if n % 3 else None,
                "created_at": at,
                "updated_at": at,
                "last_message_at": at + timedelta(hours=9),
                "last_message_text": texts[n % 2000][:150],
                "last_message_direction": "out" if n % 2 else "in",
                "waiting_since": at if status == "open" and n % 2 == 0 else None,
                "snoozed_until": start + timedelta(days=3650) if status == "snoozed" else None,
                "resolved_at": at if status in ("resolved", "closed") else None,
            }

    def contacts() -> Iterator[dict[str, Any]]:
        for n in range(1, conversations + 1):
            at = start + step * n
            ended = None if cases[n - 1] in ("open", "pending", "snoozed") else at
            yield {
                "id": n,
                "conversation_id": n,
                "channel": "email",
                "direction": "in",
                "started_at": at,
                "ended_at": ended,
            }

    def messages() -> Iterator[dict[str, Any]]:
        id = 0
        for n in range(1, conversations + 1):
            at = start + step * n
            for k in range(PER_CONVERSATION):
                id += 1
                inward = k % 2 == 0
                yield {
                    "id": id,
                    "conversation_id": n,
                    "contact_id": n,
                    "inbox_id": inboxes[n % len(inboxes)],
                    "direction": "in" if inward else "out",
                    "author_kind": "customer" if inward else "agent",
                    "user_id": None if inward else users[n % len(users)],
                    "customer_id": n % customers + 1 if inward else None,
                    "text": texts[(n * 7 + k) % 2000],
                    "outside_id": f"{id}@bench.example",
                    "state": "received" if inward else "sent",
                    "sent_at": at + timedelta(hours=k),
                    "created_at": at + timedelta(hours=k),
                }

    with psycopg.connect(dsn(home), autocommit=True) as raw:
        raw.execute("set synchronous_commit = off")
        raw.execute("set maintenance_work_mem = '1GB'")
        for model, source, count in (
            (Customer, people, customers),
            (Identity, identities, customers),
            (Conversation, cases_, conversations),
            (Contact, contacts, conversations),
            (Message, messages, conversations * PER_CONVERSATION),
        ):
            _copy(raw, model, source(), count)
        raw.execute("select setval('conversation_number', %s)", (conversations,))
        print("  vacuum and analyse …", flush=True)
        raw.execute("vacuum analyze")
    print(f"  loaded in {time.monotonic() - begun:.0f} s", flush=True)


def _copy(
    raw: "psycopg.Connection[Any]", model: type[models.Model], source: Iterator[dict[str, Any]], count: int
) -> None:
    begun, table = time.monotonic(), model._meta.db_table
    fields = list(model._meta.concrete_fields)
    usual = [_default(field) for field in fields]
    names = [str(field.column) for field in fields]
    indexes = raw.execute(
        "select indexdef, indexrelid::regclass::text from pg_indexes join pg_index on indexrelid = (quote_ident(indexname))::regclass"
        " where tablename = %s and not indisprimary and not indisunique",
        (table,),
    ).fetchall()
    links = raw.execute(
        "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'f'",
        (table,),
    ).fetchall()
    for name, _definition in links:
        raw.execute(f"alter table {table} drop constraint {name}")
    for _definition, name in indexes:
        raw.execute(f"drop index {name}")
    with raw.cursor() as cursor, cursor.copy(f"copy {table} ({', '.join(names)}) from stdin") as copy:
        lines: list[str] = []
        for n, row in enumerate(source, 1):
            values = [_text(row[name]) if name in row else one for name, one in zip(names, usual, strict=True)]
            lines.append("\t".join(values))
            if len(lines) == 5000:
                copy.write("\n".join(lines) + "\n")
                lines = []
                if n % 500_000 == 0:
                    print(f"  {table}: {n:,} of {count:,}", flush=True)
        if lines:
            copy.write("\n".join(lines) + "\n")
    for definition, _name in indexes:
        raw.execute(definition)
    for name, definition in links:
        raw.execute(f"alter table {table} add constraint {name} {definition}")
    raw.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), {count})")
    print(f"  {table}: {count:,} rows in {time.monotonic() - begun:.0f} s", flush=True)


def _default(field: "models.Field[Any, Any]") -> str:
    if field.null:
        return NULL
    if field.has_default():
        value = field.get_default()
        return "{}" if value in ({}, []) and field.get_internal_type() == "ArrayField" else _text(value)
    return "" if field.empty_strings_allowed else "0"


def _text(value: object) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return "{}" if value == {} else "[]"
    return str(value)
