import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import World, incoming
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Message
from sapa.customers.models import Customer
from sapa.timeline.models import Fact


def test_first_message_opens_a_numbered_conversation(world: World) -> None:
    conversation = world.receive("Where is my order?")
    assert conversation.number > 0
    assert conversation.customer == world.dan
    assert conversation.status == "open"
    assert conversation.waiting_since is not None
    assert list(Fact.objects.order_by("id").values_list("kind", flat=True)) == [
        "case.created",
        "contact.started",
        "message.created",
    ]


def test_the_same_outside_id_is_received_once(world: World) -> None:
    mail = incoming(world.support)
    first = actions.receive([mail, mail])
    again = actions.receive([mail])
    assert [answer.is_new for answer in first + again] == [True, False, False]
    assert Message.objects.count() == 1


def test_a_reference_joins_the_conversation_even_within_one_batch(world: World) -> None:
    first = incoming(world.support)
    second = incoming(world.support, "And another thing", references=(first.outside_id,))
    answers = actions.receive([first, second])
    assert answers[0].conversation_id == answers[1].conversation_id


def test_a_reference_into_another_inbox_opens_a_new_conversation(world: World) -> None:
    first = incoming(world.billing)
    stranger = incoming(world.support, references=(first.outside_id,))
    answers = actions.receive([first]) + actions.receive([stranger])
    assert answers[0].conversation_id != answers[1].conversation_id


def test_customer_reply_reopens_it(world: World) -> None:
    first = incoming(world.support)
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    actions.change_status(conversation, "resolved", by=world.alice)
    actions.receive([incoming(world.support, "Still broken", references=(first.outside_id,))])
    conversation.refresh_from_db()
    assert (conversation.status, conversation.resolved_at) == ("open", None)
    assert conversation.last_message_text == "Still broken"


def test_unknown_addresses_become_customers_once(world: World) -> None:
    mails = [incoming(world.support, address=f"c{n % 3}@x.example", name=f"C{n % 3}") for n in range(9)]
    actions.receive(mails)
    assert Customer.objects.filter(name__startswith="C").count() == 3


@pytest.mark.parametrize("size", [1, 40])
def test_a_batch_of_any_size_takes_the_same_number_of_statements(world: World, size: int) -> None:
    mails = [incoming(world.support, address=f"c{n}@x.example") for n in range(size)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        actions.receive(mails)
    assert len(queries) <= 20
