import pytest
from django.test import Client

from conftest import World, incoming
from sapa.conversations import actions
from sapa.conversations.models import Conversation, Message
from sapa.core import files, html
from sapa.customers.models import CustomField


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def stored(name: str, content: bytes, content_type: str, *, content_id: str = "") -> actions.IncomingFile:
    kept = vars(files.store(content))
    return actions.IncomingFile(
        name=name, content_type=content_type, content_id=content_id, is_inline=bool(content_id), **kept
    )


def receive(world: World, **more: object) -> Message:
    answer = actions.receive([incoming(world.support, **more)])[0]  # type: ignore[arg-type]
    return Message.objects.get(pk=answer.message_id)


def thread(client: Client, conversation: Conversation, query: str = "") -> str:
    return client.get(f"/conversations/{conversation.pk}/thread{query}").content.decode()


def test_messages_notes_and_events_stand_in_order_under_their_day(world: World, alice: Client) -> None:
    conversation = world.receive("Where is my order?")
    actions.assign(conversation, by=world.carol, to=world.alice, team=world.support_team)
    actions.set_tags(conversation, ["delivery"], by=world.alice)
    actions.note(conversation, by=world.alice, text="Asked the warehouse")
    actions.change_status(conversation, "resolved", by=world.alice)
    page = thread(alice, conversation)
    happened = (
        "Today",
        "Where is my order?",
        "Carol gave it to Alice",
        "added the tag delivery",
        "Asked the warehouse",
        "Alice resolved it",
    )
    places = [page.index(text) for text in happened]
    assert places == sorted(places)
    assert page.count('class="day"') == 1


def test_only_the_newest_messages_come_at_first_and_the_earlier_ones_when_asked_for(
    world: World, alice: Client
) -> None:
    first = incoming(world.support, "Number 0")
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    actions.receive([incoming(world.support, f"Number {n}", references=(first.outside_id,)) for n in range(1, 70)])
    page = thread(alice, conversation)
    assert page.count("<article") == 50
    earlier = page.split("?before=")[1].split('"')[0]
    more = thread(alice, conversation, f"?before={earlier}")
    assert more.count("<article") == 20
    assert "?before=" not in more
    assert "thread-head" not in more
    refreshed = thread(alice, conversation, f"?since={earlier}")
    assert refreshed.count("<article") == 50
    assert f"?before={earlier}" in refreshed
    first_id = conversation.messages.order_by("id").first()
    assert first_id is not None
    assert "?before=" not in thread(alice, conversation, f"?since={first_id.pk}")


def test_a_thread_costs_a_fixed_number_of_queries(
    world: World, alice: Client, django_assert_max_num_queries: object
) -> None:
    first = incoming(world.support, "Number 0")
    conversation = Conversation.objects.get(pk=actions.receive([first])[0].conversation_id)
    actions.receive([incoming(world.support, f"Number {n}", references=(first.outside_id,)) for n in range(1, 30)])
    for name in ("a", "b", "c"):
        actions.set_tags(conversation, [name], by=world.alice)
        actions.assign(conversation, by=world.carol, to=None, team=None)
        actions.assign(conversation, by=world.carol, to=world.alice, team=world.support_team)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        thread(alice, conversation)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        alice.get(f"/conversations/{conversation.pk}/side")


def test_a_failed_answer_says_why(world: World, alice: Client) -> None:
    conversation = world.receive()
    message = actions.reply(
        conversation,
        by=world.alice,
        text="Soon",
        recipients=actions.Recipients(to=(actions.Recipient("dan@customer.example"),)),
    )
    Message.objects.filter(pk=message.pk).update(state="failed", error="550 no such mailbox", perhaps_twice=True)
    page = thread(alice, conversation)
    assert "Not delivered" in page
    assert "550 no such mailbox" in page
    assert "perhaps sent twice" in page


def test_mail_is_shown_in_a_frame_that_can_run_and_load_nothing(world: World, alice: Client) -> None:
    picture = stored("logo.png", b"\x89PNG", "image/png", content_id="logo@x")
    markup = html.clean(
        '<p onclick="x()">Hi<script>alert(1)</script></p><img src="cid:logo@x"><img src="https://spy.example/1.png">'
    )
    message = receive(world, html=markup, files=(picture,))
    page = thread(alice, message.conversation)
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "Show pictures" in page
    address = f"/conversations/{message.conversation_id}/messages/{message.pk}/frame"
    frame = alice.get(address)
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "https:" not in policy
    body = frame.content.decode()
    assert "alert(1)" not in body
    assert "onclick" not in body
    assert f'src="/files/{message.attachments.get().pk}/"' in body
    assert ' src="https://spy.example' not in body
    shown = alice.get(f"{address}?images=1")
    assert ' src="https://spy.example/1.png"' in shown.content.decode()
    assert "https:" in shown.headers["Content-Security-Policy"]


def test_another_team_gets_neither_frame_nor_file_nor_source(world: World, client: Client) -> None:
    picture = stored("secret.png", b"\x89PNG", "image/png")
    answer = actions.receive([incoming(world.billing, html="<p>Hi</p>", files=(picture,))])[0]
    message = Message.objects.get(pk=answer.message_id)
    client.force_login(world.alice)
    for part in ("", "/frame", "/source"):
        assert client.get(f"/conversations/{message.conversation_id}/messages/{message.pk}{part}").status_code == 404
    assert client.get(f"/files/{message.attachments.get().pk}/secret.png").status_code == 404
    client.force_login(world.bob)
    assert client.get(f"/files/{message.attachments.get().pk}/secret.png").status_code == 200


def test_a_message_is_not_found_below_another_conversation(world: World, alice: Client) -> None:
    other = world.receive()
    message = receive(world, html="<p>Hi</p>")
    assert alice.get(f"/conversations/{other.pk}/messages/{message.pk}/frame").status_code == 404


@pytest.mark.parametrize(
    ("name", "content_type", "is_shown"),
    [
        ("a.png", "image/png", True),
        ("a.pdf", "application/pdf", True),
        ("a.txt", "text/plain; charset=utf-16", True),
        ("a.html", "text/html", False),
        ("a.svg", "image/svg+xml", False),
        ("a.xhtml", "application/xhtml+xml", False),
        ("a.png", "TEXT/HTML", False),
        ('a"b\r\nX: y.doc', "application/msword", False),
    ],
)
def test_what_could_run_is_only_saved(
    world: World, alice: Client, name: str, content_type: str, is_shown: bool
) -> None:
    message = receive(world, files=(stored(name, b"x", content_type),))
    file = message.attachments.get()
    answer = alice.get(f"/files/{file.pk}/whatever")
    assert answer.headers["Content-Disposition"].startswith("inline" if is_shown else "attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Sapa-File"] == str(files.path(file.key))
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert is_shown or answer.headers["Content-Type"] == "application/octet-stream"
    assert alice.get(f"/files/{file.pk}/whatever?save=1").headers["Content-Disposition"].startswith("attachment")


def test_what_could_not_be_read_is_said_at_the_message(world: World, alice: Client) -> None:
    message = receive(world, problems=("The character set «x» is not known.",))
    assert "The character set «x» is not known." in thread(alice, message.conversation)


def test_the_raw_message_is_plain_text(world: World, alice: Client) -> None:
    raw = files.store(b"Subject: <script>alert(1)</script>\r\n\r\nHi")
    message = receive(world, raw=raw.key)
    answer = alice.get(f"/conversations/{message.conversation_id}/messages/{message.pk}/source")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert b"Subject:" in answer.content


def test_the_panel_knows_the_customer_and_what_was_before(world: World, alice: Client) -> None:
    CustomField.objects.create(target="conversation", key="order", name="Order number", type="text")
    earlier = world.receive(subject="The first time")
    hidden = world.receive(subject="A bill of another team", inbox=world.billing)
    conversation = world.receive()
    actions.set_field(conversation, "order", "88213", by=world.alice)
    page = alice.get(f"/conversations/{conversation.pk}/side").content.decode()
    assert "dan@<wbr>customer.example" in page
    assert "88213" in page
    assert earlier.subject in page
    assert hidden.subject not in page
