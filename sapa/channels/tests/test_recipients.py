import pytest

from conftest import World, incoming
from sapa.channels.email.models import EmailInbox
from sapa.channels.email.recipients import Lines, read_lines, reply_recipients
from sapa.conversations import actions
from sapa.conversations.actions import Recipient, Recipients
from sapa.conversations.models import Conversation
from sapa.core.errors import Refused, TooMuch


def mail(world: World, **lines: list[dict[str, str]]) -> Conversation:
    recipients = {"from": [{"name": "Dan", "address": "dan@customer.example"}], **lines}
    received = actions.receive([incoming(world.support, recipients=recipients)])
    return Conversation.objects.get(pk=received[0].conversation_id)


def lines(people: Recipients) -> tuple[list[str], list[str]]:
    return [person.address for person in people.to], [person.address for person in people.cc]


def test_everybody_in_the_mail_gets_the_answer_but_no_address_of_the_desk(world: World) -> None:
    EmailInbox.objects.create(inbox=world.support, aliases=["help@shop.example"])
    conversation = mail(
        world,
        to=[{"name": "", "address": "Support@shop.example"}, {"name": "Eve", "address": "eve@x.example"}],
        cc=[{"name": "", "address": "help+r.12-ab@shop.example"}, {"name": "", "address": "billing@shop.example"}],
    )
    assert lines(reply_recipients(conversation)) == (["dan@customer.example"], ["eve@x.example"])


def test_reply_to_wins_over_from(world: World) -> None:
    conversation = mail(world, reply_to=[{"name": "", "address": "office@customer.example"}])
    assert lines(reply_recipients(conversation))[0] == ["office@customer.example"]


def test_a_second_answer_goes_where_the_first_went_without_hidden_copies(world: World) -> None:
    conversation = mail(world)
    people = Recipients(to=(Recipient("a@x.example"),), cc=(Recipient("b@x.example"),), bcc=(Recipient("c@x.example"),))
    actions.reply(conversation, by=world.alice, text="x", recipients=people)
    again = reply_recipients(conversation)
    assert (*lines(again), again.bcc) == (["a@x.example"], ["b@x.example"], ())


def test_without_any_recipients_the_customers_address_is_used(world: World) -> None:
    assert lines(reply_recipients(world.receive())) == (["dan@customer.example"], [])


def test_typed_lines_are_read_with_names_commas_and_semicolons(world: World) -> None:
    people = read_lines('"Budi, Santoso" <budi@x.example>; Ani <ani@x.example>', "ani@x.example, c@x.example", "")
    assert lines(people) == (["budi@x.example", "ani@x.example"], ["c@x.example"])
    assert Lines.of(people).to == '"Budi, Santoso" <budi@x.example>, Ani <ani@x.example>'


@pytest.mark.parametrize(
    ("to", "cc", "sentence"),
    [
        ("a@x.example, nonsense", "", "«nonsense» is not an e-mail address"),
        ("support@shop.example", "", "is an address of this desk"),
        ("a@x.example\r\nBcc: evil@", "", "is not an e-mail address"),
    ],
)
def test_a_wrong_line_is_refused_by_name(world: World, to: str, cc: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_lines(to, cc, "")


def test_a_thousand_recipients_are_refused(world: World) -> None:
    with pytest.raises(TooMuch):
        read_lines(", ".join(f"a{n}@x.example" for n in range(1000)), "", "")
