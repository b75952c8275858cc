"""Some months of conversations, made by the same actions as real ones, at moments of the past."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from sapa.accounts.models import User
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Inbox, Message
from sapa.core import clock
from sapa.customers.actions import change_customer
from sapa.demo import letters
from sapa.demo.company import Company

MANY = 300
DAYS = 60
_MARK = ".past@toko-nusantara.example"


def make(company: Company, *, now: datetime, progress: Callable[[int, int], None]) -> int:
    """About MANY conversations of the last DAYS days; gives how many. progress: done and all, after each."""
    with connection.cursor() as cursor:
        # What a crash of the machine takes away is made again at the next start.
        cursor.execute("set synchronous_commit to off")
    made = set(Message.objects.filter(outside_id__endswith=_MARK).values_list("outside_id", flat=True))
    for n in range(MANY):
        rand = random.Random(45_000 + n)  # noqa: S311  (the same past every time, so that it can be continued)
        if f"{n}.1{_MARK}" in made:
            continue
        # The newest third falls into the last three days, so that the views of a newcomer are alive.
        age = timedelta(days=rand.uniform(3, DAYS)) if n < MANY * 2 // 3 else timedelta(hours=rand.uniform(0.1, 70))
        with transaction.atomic():
            _one(company, rand, n, now - age, now)
        progress(n + 1, MANY)
    return MANY


def _one(company: Company, rand: random.Random, n: int, begun: datetime, now: datetime) -> None:
    topic, who, order = rand.choice(letters.TOPICS), letters.person(rand), rand.randint(80_000, 99_999)
    inbox = company.billing if topic.team == "Tagihan" else company.support
    said = _Said(n, inbox, who, order)
    conversation = said.customer(begun, topic.opening, subject=letters.fill(topic.subject, who, order))
    agent = rand.choice([one for one in company.people.values() if one.role.key in ("agent", "administrator")])
    with clock.at(begun + timedelta(minutes=1)):
        actions.set_tags(conversation, [topic.tag], by=None)
        if topic.priority != 2:
            actions.set_priority(conversation, topic.priority, by=None)
        actions.set_field(conversation, company.order_field, str(order), by=None)
        actions.set_field(conversation, company.reason_field, topic.reason, by=None)
        change_customer(conversation.customer, by=None, fields={company.city_field: who.city})
    at = begun
    old = now - begun > timedelta(days=3)
    steps = 4 if old else rand.choice((0, 0, 1, 1, 2, 3, 4))
    for k, text in enumerate((topic.answer, topic.reply, topic.ending)[:steps]):
        at += timedelta(minutes=rand.uniform(4, 240))
        if at > now:
            return
        if k % 2:
            said.customer(at, text)
        else:
            said.agent(at, agent, conversation, text)
    if rand.random() < 0.25:
        with clock.at(min(at + timedelta(minutes=2), now)):
            colleague = rand.choice(list(company.people.values()))
            actions.note(conversation, by=agent, text=f"@[{colleague.pk}] {rand.choice(letters.NOTES)}")
    _end(conversation, agent, rand, min(at + timedelta(minutes=30), now), now, finished=steps == 4)


def _end(
    conversation: Conversation, agent: User, rand: random.Random, at: datetime, now: datetime, *, finished: bool
) -> None:
    with clock.at(at):
        if finished:
            actions.change_status(conversation, rand.choice(("resolved", "resolved", "closed")), by=agent)
        elif rand.random() < 0.1:
            actions.snooze(conversation, now + timedelta(hours=rand.uniform(2, 60)), by=agent)
        elif rand.random() < 0.05:
            actions.change_status(conversation, "spam", by=agent)


class _Said:
    """One thread of mails between a customer and the shop."""

    def __init__(self, n: int, inbox: Inbox, who: letters.Person, order: int) -> None:
        self.n, self.inbox, self.who, self.order = n, inbox, who, order
        self.mails = 0
        self.last = ""

    def _name(self) -> str:
        self.mails += 1
        return f"{self.n}.{self.mails}{_MARK}"

    def customer(self, at: datetime, text: str, *, subject: str = "") -> Conversation:
        """A mail of the customer comes in."""
        id = self._name()
        incoming = actions.Incoming(
            inbox_id=self.inbox.pk,
            channel="email",
            outside_id=id,
            identity_kind="email",
            address=self.who.address,
            name=self.who.name,
            subject=subject,
            text=letters.fill(text, self.who, self.order),
            recipients={
                "from": [{"name": self.who.name, "address": self.who.address}],
                "to": [{"name": self.inbox.name, "address": self.inbox.address}],
            },
            references=(self.last,) if self.last else (),
            sent_at=at,
        )
        self.last = id
        with clock.at(at):
            received = actions.receive([incoming])[0]
        return Conversation.objects.get(pk=received.conversation_id)

    def agent(self, at: datetime, agent: User, conversation: Conversation, text: str) -> None:
        """An answer that has long left: it passes the outbox without being sent again."""
        with clock.at(at):
            message = actions.reply(conversation, by=agent, text=letters.fill(text, self.who, self.order))
        id = self._name()
        with clock.at(at + timedelta(seconds=12)):
            Message.objects.filter(pk=message.pk).update(state=Message.State.SENDING, attempts=1, outside_id=id)
            actions.mark_sent(message)
        self.last = id
