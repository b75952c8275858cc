"""The first administrator and the first inbox, both or neither."""

from django.db import transaction

from sapa.accounts.first import create_first_administrator
from sapa.accounts.models import User
from sapa.channels.email.actions import create_inbox
from sapa.core.errors import Refused


@transaction.atomic
def begin(*, email: str, name: str, password: str, inbox_name: str, inbox_address: str) -> User:
    """Without an address there is no inbox yet. Raises Refused naming the field of the form."""
    user = create_first_administrator(email=email, name=name, password=password)
    if inbox_address.strip():
        try:
            create_inbox(by=user, name=inbox_name.strip() or inbox_address.strip(), address=inbox_address)
        except Refused as refused:
            raise Refused(str(refused), field=f"inbox_{refused.field}") from refused
    return user
