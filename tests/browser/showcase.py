"""Conversations of every kind, made in the environment of the server; prints ids by name as JSON.

Run as a program after `Shop.letters_of_the_showcase` came in: it answers, notes, tags, snoozes and fails.
"""

import json
import time
from datetime import timedelta

import django

django.setup()

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes  # noqa: E402  (after the set-up)
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402

from sapa.accounts.actions import create_user, invite  # noqa: E402
from sapa.accounts.models import Role, Team, User  # noqa: E402
from sapa.accounts.tokens import create_token  # noqa: E402
from sapa.conversations import actions  # noqa: E402
from sapa.conversations.models import Conversation, Message  # noqa: E402
from sapa.core import clock  # noqa: E402
from tests.browser.server import PASSWORD  # noqa: E402

SUBJECTS = ("Newsletter with pictures", "Photos of the damage", "A letter that nobody gets", "Only text, but long")


def main() -> None:
    found = _wait_for_letters()
    alice, ada = (User.objects.get(email=f"{name}@shop.example") for name in ("alice", "ada"))
    newsletter, photos, lost, long = (found[subject] for subject in SUBJECTS)
    actions.note(newsletter, by=ada, text=f"@[{alice.pk}] please look at this one, the warehouse has called twice.")
    actions.assign(newsletter, by=ada, to=alice, team=Team.objects.get(name="Support"))
    actions.set_tags(photos, ["delivery", "damage", "refund", "a tag with a rather long name"], by=alice)
    actions.set_priority(photos, 4, by=alice)
    actions.reply(
        photos,
        by=alice,
        html="<p>Dear Rani,</p><p>we are <b>sorry</b>. The options are:</p><ul><li>another one</li><li>your money</li></ul>",
        undo_seconds=0,
    )
    actions.reply(lost, by=alice, text="This answer cannot arrive.", undo_seconds=0)
    actions.snooze(long, clock.now() + timedelta(days=2), by=alice)
    actions.save_draft(photos, by=alice, kind="reply", html="<p>A draft that waits</p>")
    for subject, status in (("Settled", "resolved"), ("Win a prize", "spam"), ("Waiting for the courier", "pending")):
        actions.change_status(found[subject], status, by=alice)
    invite(email="newcomer@shop.example", role=Role.objects.get(key="agent"), teams=[], by=ada)
    token, _raw = create_token(ada, name="The till in the shop")
    tom = create_user(email="tom@shop.example", name="Tom Twofactor", role="agent", password=PASSWORD)
    TOTP.activate(tom, generate_totp_secret())
    RecoveryCodes.activate(tom)
    _wait_for_failure(lost)
    print(
        json.dumps(
            {
                "newsletter": newsletter.pk,
                "photos": photos.pk,
                "lost": lost.pk,
                "long": long.pk,
                "customer": photos.customer_id,
                "role": Role.objects.get(key="agent").pk,
                "team": Team.objects.get(name="Support").pk,
                "person": alice.pk,
                "tag": photos.tags.order_by("name")[0].pk,
                "token": token.pk,
            }
        )
    )


def _wait_for_letters() -> dict[str, Conversation]:
    wanted = {*SUBJECTS, "Settled", "Win a prize", "Waiting for the courier"}
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = {row.subject: row for row in Conversation.objects.filter(subject__in=wanted)}
        if wanted <= set(found):
            return found
        time.sleep(0.1)
    raise SystemExit("the letters did not come in")


def _wait_for_failure(conversation: Conversation) -> None:
    until = time.monotonic() + 60
    while not Message.objects.filter(conversation=conversation, state="failed").exists():
        if time.monotonic() > until:
            raise SystemExit("the answer to nobody did not fail")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
