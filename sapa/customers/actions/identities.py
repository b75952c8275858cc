"""Identities: the addresses by which a customer is recognised; each belongs to one customer."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit
from sapa.accounts.models import User
from sapa.core.errors import Refused
from sapa.customers.actions._allowed import check
from sapa.customers.actions.customers import envelope, target
from sapa.customers.facts import CustomerChanged
from sapa.customers.identity import normal
from sapa.customers.models import Customer, Identity
from sapa.timeline.record import record

MOST = 50


@transaction.atomic
def add_identity(customer: Customer, *, kind: str, address: str, by: User | None) -> Identity:
    """Another address. Raises NotAllowed, Refused: when somebody has it already the sentence says who."""
    check(by)
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    address = normal(kind, address)
    if customer.identities.count() >= MOST:
        raise Refused(_("A customer has at most 50 addresses."), field="address")
    try:
        with transaction.atomic():
            identity = Identity.objects.create(customer=customer, kind=kind, address=address)
    except IntegrityError as error:
        other = Identity.objects.select_related("customer").get(kind=kind, address=address).customer
        if other == customer:
            raise Refused(_("%(address)s is here already.") % {"address": address}, field="address") from error
        sentence = _("%(address)s belongs to %(other)s (number %(id)s). If they are the same person, merge them.")
        raise Refused(sentence % {"address": address, "other": other, "id": other.pk}, field="address") from error
    audit("customer.changed", actor=by, target=target(customer), changes={"identity": ["", f"{kind}:{address}"]})
    record(CustomerChanged(fields=("identity",)), envelope(customer, by=by))
    return identity


@transaction.atomic
def remove_identity(identity: Identity, *, by: User | None) -> None:
    """Forget an address; its messages stay. Safe to call twice. Raises NotAllowed."""
    check(by)
    gone, _rows = Identity.objects.filter(pk=identity.pk).delete()
    if gone:
        customer = identity.customer
        before = f"{identity.kind}:{identity.address}"
        audit("customer.changed", actor=by, target=target(customer), changes={"identity": [before, ""]})
        record(CustomerChanged(fields=("identity",)), envelope(customer, by=by))
