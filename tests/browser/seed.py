"""What is there before the first test: run as a program in the environment of the server; prints the ids as JSON."""

import json

import django

django.setup()

from sapa.accounts.actions import create_user  # noqa: E402  (after the set-up)
from sapa.accounts.models import Team, User  # noqa: E402
from sapa.channels.email.actions import create_inbox  # noqa: E402
from sapa.conversations.models import Inbox  # noqa: E402
from sapa.customers.actions import create_company, create_field  # noqa: E402
from tests.browser.server import PASSWORD  # noqa: E402

PEOPLE = {
    "alice": ("Alice Agent", "agent"),
    "bea": ("Bea Colleague", "agent"),
}


def main() -> None:
    team = Team.objects.create(name="Support")
    ada = User.objects.get(email="ada@shop.example")  # who made the first account in the browser
    ada.teams.add(team)
    ids = {"ada": ada.pk, "support": Inbox.objects.get(address="support@shop.example").pk}
    for key, (name, role) in PEOPLE.items():
        user = create_user(email=f"{key}@shop.example", name=name, role=role, password=PASSWORD)
        user.teams.add(team)
        ids[key] = user.pk
    ids["sales"] = create_inbox(by=None, name="Sales", address="sales@shop.example", from_name="The Shop").pk
    create_field(by=None, target="conversation", name="Order", type="text")
    create_field(by=None, target="customer", name="City", type="text")
    ids["company"] = create_company(by=None, name="Sinar Jaya", domains=["sinarjaya.example"]).pk
    print(json.dumps(ids))


if __name__ == "__main__":
    main()
