"""An inbox whose mail is fetched, made in the environment of the server: `python -m tests.browser.mailbox ADDRESS PORT`."""

import sys

import django

django.setup()

from sapa.channels.email.actions import MailboxSecret, add_mailbox, create_inbox  # noqa: E402  (after the set-up)
from sapa.channels.tests.dovecot import PASSWORD  # noqa: E402


def main(address: str, port: str) -> None:
    inbox = create_inbox(by=None, name="Fetched", address=address, from_name="The Shop")
    secret = MailboxSecret(password=PASSWORD)
    add_mailbox(inbox, by=None, host="localhost", port=int(port), security="plain", user=address, secret=secret)
    print(inbox.pk)


if __name__ == "__main__":
    main(*sys.argv[1:])
