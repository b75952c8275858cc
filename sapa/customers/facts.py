"""Facts about customers: ids and names of fields, never what stands in them."""

from dataclasses import dataclass

from sapa.timeline.facts import Payload, fact


@fact("customer.created")
@dataclass(frozen=True, kw_only=True)
class CustomerCreated(Payload):
    """entry: how they came to be known: `page`, `api` or `channel`."""

    entry: str


@fact("customer.changed")
@dataclass(frozen=True, kw_only=True)
class CustomerChanged(Payload):
    """fields: which changed (`name`, `identity`, `field:<key>`…)."""

    fields: tuple[str, ...]


@fact("customer.merged")
@dataclass(frozen=True, kw_only=True)
class CustomerMerged(Payload):
    """The customer `gone_id` turned out to be the customer of the envelope."""

    gone_id: int
