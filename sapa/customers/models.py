"""People who ask: customers, their identities on each kind of channel, companies, and typed custom fields."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from sapa.core import clock


class Company(models.Model):
    """An organisation that customers belong to; a mail domain assigns new customers to it."""

    name = models.CharField(_("Name"), max_length=160)
    domains: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    note = models.TextField(_("Note"), max_length=4000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="company_name_once")]
        indexes = [GinIndex(fields=["domains"], name="company_domains")]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """Somebody who contacts the company, on whatever channel."""

    name = models.CharField(_("Name"), max_length=160, blank=True)
    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="customers")
    language = models.CharField(_("Language"), max_length=8, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True)
    note = models.TextField(_("Note"), max_length=4000, blank=True)
    fields = models.JSONField(default=dict, blank=True)
    is_blocked = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [GinIndex(SearchVector("name", config="simple"), name="customer_words")]

    def __str__(self) -> str:
        return self.name or str(_("Unknown customer"))


class Identity(models.Model):
    """An address of a customer on one kind of channel; `address` is normalised (e-mail in lower case, phone in E.164)."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Telephone")
        VISITOR = "visitor", _("Web visitor")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    address = models.CharField(max_length=254)
    is_verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["kind", "address"], name="identity_once")]
        indexes = [models.Index(fields=["address"], name="identity_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.address


class CustomField(models.Model):
    """A typed field that an administrator adds to conversations or customers; values lie in their `fields` by key."""

    class Target(models.TextChoices):
        CONVERSATION = "conversation", _("Conversation")
        CUSTOMER = "customer", _("Customer")

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One of a list")

    target = models.CharField(max_length=12, choices=Target.choices)
    key = models.SlugField(max_length=40)
    name = models.CharField(_("Name"), max_length=80)
    type = models.CharField(max_length=8, choices=Type.choices, default=Type.TEXT)
    choices: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    position = models.SmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="custom_field_once")]

    def __str__(self) -> str:
        return self.name
