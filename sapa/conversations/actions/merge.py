"""Two customers turn out to be one person: conversations, messages and addresses move, the other record goes."""

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit
from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check
from sapa.conversations.models import Conversation, Message
from sapa.core.errors import Refused
from sapa.customers.actions import envelope
from sapa.customers.facts import CustomerMerged
from sapa.customers.models import Customer
from sapa.timeline.record import record


@transaction.atomic
def merge_customers(kept: Customer, gone: Customer, *, by: User | None) -> Customer:
    """`gone` becomes part of `kept`, whose own data win; notes are joined. Raises NotAllowed, Refused.

    Facts keep the old customer's id: `customer.merged` says where it went.
    """
    check(by, Permission.CUSTOMER_CHANGE)
    if kept.pk == gone.pk:
        raise Refused(_("Choose another customer; this is the same one."), field="other")
    # In the order of their ids, so that two merges at once cannot wait for each other.
    rows = {
        row.pk: row for row in Customer.objects.select_for_update().filter(pk__in=(kept.pk, gone.pk)).order_by("pk")
    }
    if len(rows) < 2:
        raise Refused(_("One of the two customers is gone."), field="other")
    kept, gone = rows[kept.pk], rows[gone.pk]
    before = {"name": gone.name, "identities": sorted(gone.identities.values_list("address", flat=True))}
    moved = Conversation.objects.filter(customer=gone).update(customer=kept)
    Message.objects.filter(customer=gone).update(customer=kept)
    gone.identities.update(customer=kept)
    kept.name = kept.name or gone.name
    kept.company_id = kept.company_id or gone.company_id
    kept.language, kept.time_zone = kept.language or gone.language, kept.time_zone or gone.time_zone
    kept.note = "\n\n".join(filter(None, (kept.note, gone.note)))[:4000]
    kept.fields = {**gone.fields, **kept.fields}
    kept.is_blocked = kept.is_blocked or gone.is_blocked
    kept.save()
    gone_id = gone.pk
    gone.delete()
    changes = {"gone": gone_id, **before, "conversations": moved}
    audit("customer.merged", actor=by, target=f"customer:{kept.pk} {kept.name}", changes=changes)
    record(CustomerMerged(gone_id=gone_id), envelope(kept, by=by))
    return kept
