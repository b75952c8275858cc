"""The only place that writes customers, companies, identities and custom fields."""

from sapa.customers.actions.companies import change_company, create_company, delete_company
from sapa.customers.actions.customers import CustomerChange, change_customer, create_customer, envelope
from sapa.customers.actions.fields import change_field, create_field
from sapa.customers.actions.identities import add_identity, remove_identity

__all__ = [
    "CustomerChange",
    "add_identity",
    "change_company",
    "change_customer",
    "change_field",
    "create_company",
    "create_customer",
    "create_field",
    "delete_company",
    "envelope",
    "remove_identity",
]
