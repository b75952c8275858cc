"""One world for all tests: Alice (agent), Bob (another team), Carol (supervisor), Ada (administrator), Dan."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from pytest_django import DjangoDbBlocker

from sapa.accounts.models import Role, Team, User
from sapa.config import postgres
from sapa.config.tests.place import HOME
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Inbox
from sapa.customers.models import Customer, Identity

PASSWORD = "correct horse battery"

# The real hashing takes a second for each person on purpose; the first hasher writes, the others still read.
django_settings.PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    *django_settings.PASSWORD_HASHERS,
]


@dataclass(frozen=True)
class World:
    """Who and what exists in a test. The support inbox is open to everybody, the billing inbox to the billing team."""

    alice: User
    bob: User
    carol: User
    ada: User
    support_team: Team
    billing_team: Team
    support: Inbox
    billing: Inbox
    dan: Customer
    password: str = PASSWORD

    def receive(self, text: str = "Where is my order?", *, inbox: Inbox | None = None, **more: object) -> Conversation:
        """A mail from Dan comes in; the conversation it became."""
        received = actions.receive([incoming(inbox or self.support, text, **more)])
        return Conversation.objects.get(pk=received[0].conversation_id)


_counter = iter(range(1, 10**9))


def incoming(inbox: Inbox, text: str = "Where is my order?", **more: object) -> actions.Incoming:
    """A typed incoming mail of Dan, each with an outside id of its own."""
    values: dict[str, object] = {
        "inbox_id": inbox.pk,
        "channel": inbox.channel,
        "outside_id": f"message-{next(_counter)}@customer.example",
        "identity_kind": "email",
        "address": "dan@customer.example",
        "name": "Dan Customer",
        "subject": "Order 88213",
        "text": text,
    }
    return actions.Incoming(**{**values, **more})  # type: ignore[arg-type]


@pytest.fixture
def world(db: None) -> World:
    """The named world, fresh for each test."""
    return make_world()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The test database on a server of its own, always: pytest-django would make it only for its own fixtures."""
    embedded = "DATABASE_URL" not in os.environ
    if embedded:
        postgres.start(HOME)
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:  # threads of a test may have left connections, which would stop the drop
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        teardown_databases(made, verbosity=0)
        connections.close_all()
    if embedded:
        postgres.stop(HOME)


@pytest.fixture
def lasting_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The named world committed, for tests with several connections (threads, processes); afterwards all rows go.

    Django's own flush cannot do this: it would take the standard roles and stops at the append-only tables.
    """
    with django_db_blocker.unblock():
        try:
            yield make_world()
        finally:
            empty_tables()
            connection.close()


def empty_tables() -> None:
    """Empty every table but those that migrations filled."""
    kept = {"django_migrations", "django_content_type", "accounts_role"}
    tables = [name for name in connection.introspection.table_names() if name not in kept]
    with connection.cursor() as cursor:
        for guarded in ("timeline_fact", "accounts_auditentry"):
            cursor.execute(f"alter table {guarded} disable trigger user")
        cursor.execute(f"truncate {', '.join(tables)} cascade")
        for guarded in ("timeline_fact", "accounts_auditentry"):
            cursor.execute(f"alter table {guarded} enable trigger user")


def make_world() -> World:
    roles = {role.key: role for role in Role.objects.all()}
    support_team, billing_team = (Team.objects.create(name=name) for name in ("Support", "Billing"))

    def person(name: str, role: str, team: Team | None) -> User:
        user = User(email=f"{name.lower()}@shop.example", name=name, role=roles[role])
        user.set_password(PASSWORD)
        user.save()
        if team:
            user.teams.add(team)
        return user

    capabilities = {"html": True, "subject": True, "cc": True, "attachments": 26214400}
    support = Inbox.objects.create(
        name="Support", channel="email", address="support@shop.example", capabilities=capabilities
    )
    billing = Inbox.objects.create(
        name="Billing", channel="email", address="billing@shop.example", capabilities=capabilities
    )
    billing.teams.add(billing_team)
    dan = Customer.objects.create(name="Dan Customer")
    Identity.objects.create(customer=dan, kind="email", address="dan@customer.example")
    return World(
        alice=person("Alice", "agent", support_team),
        bob=person("Bob", "agent", billing_team),
        carol=person("Carol", "supervisor", None),
        ada=person("Ada", "administrator", None),
        support_team=support_team,
        billing_team=billing_team,
        support=support,
        billing=billing,
        dan=dan,
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside each other, the files with the longest tests come first, so that none of them is left for the end."""
    if not hasattr(config, "workerinput"):
        return
    long = {mark: {item.path for item in items if item.get_closest_marker(mark)} for mark in ("crash", "slow")}
    items.sort(key=lambda item: (item.path not in long["crash"], item.path not in long["slow"]))


@pytest.fixture(autouse=True)
def files_in_a_folder_of_their_own(settings: object) -> Iterator[None]:
    """The file store of a test is its own."""
    with tempfile.TemporaryDirectory(prefix="sapa-files-") as folder:
        settings.FILES = Path(folder)  # type: ignore[attr-defined]
        yield


@pytest.fixture(autouse=True)
def no_language_from_the_test_before() -> Iterator[None]:
    """A request leaves its language behind in the thread, as it may: the next one chooses its own, but an action does not."""
    yield
    translation.deactivate()
