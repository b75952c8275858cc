"""The forms of customers, companies, custom fields and tags."""

import zoneinfo

from django import forms
from django.utils.translation import gettext_lazy as _

from sapa.conversations.models import Tag
from sapa.customers.models import Company, Customer, CustomField, Identity
from sapa.customers.queries import fields_of

LANGUAGES = (("", "–"), ("id", "Bahasa Indonesia"), ("en", "English"))
OWN = "field_"


class Lines(forms.CharField):
    """Several words, one in each line (or parted by commas)."""

    widget = forms.Textarea({"rows": 4})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # a list instead of one text
        text = str(super().to_python(value))
        return [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]

    def prepare_value(self, value: object) -> object:
        return "\n".join(str(part) for part in value) if isinstance(value, list) else value


class CustomerForm(forms.Form):
    """What is known of a customer, and the custom fields below it."""

    name = forms.CharField(label=_("Name"), max_length=160)
    company = forms.ModelChoiceField(Company.objects.order_by("name"), label=_("Company"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=forms.Textarea({"rows": 4}))
    is_blocked = forms.BooleanField(label=_("Blocked"), required=False)

    def __init__(self, *args: object, customer: Customer | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]
        self.fields["time_zone"].choices = [("", "–"), *zones]  # type: ignore[attr-defined]
        for field in fields_of("customer"):
            self.fields[OWN + field.key] = _input(field, customer.fields.get(field.key) if customer else None)

    def values(self) -> dict[str, object]:
        """What the action takes."""
        given = self.cleaned_data
        own = {name.removeprefix(OWN): str(value) for name, value in given.items() if name.startswith(OWN)}
        return {**{name: value for name, value in given.items() if not name.startswith(OWN)}, "fields": own}


def _input(field: CustomField, value: object) -> forms.Field:
    """Every input gives text, which `customers.fields.read_value` reads by the type of the field."""
    match field.type:
        case CustomField.Type.CHOICE:
            choices = [("", "–"), *((choice, choice) for choice in field.choices)]
            return forms.ChoiceField(label=field.name, choices=choices, required=False, initial=value)
        case CustomField.Type.YES_NO:
            answers = [("", "–"), ("true", _("Yes")), ("false", _("No"))]
            known = "" if value is None else str(bool(value)).lower()
            return forms.ChoiceField(label=field.name, choices=answers, required=False, initial=known)
        case CustomField.Type.DATE:
            widget = forms.TextInput({"type": "date"})
            return forms.CharField(label=field.name, required=False, initial=value, widget=widget)
        case _:
            return forms.CharField(label=field.name, required=False, initial=value, max_length=1000)


class IdentityForm(forms.Form):
    """Another address of a customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[c for c in Identity.Kind.choices if c[0] in ("email", "phone")])
    address = forms.CharField(label=_("Address"), max_length=254)


class CompanyForm(forms.Form):
    """A company and the mail domains that bring it new customers."""

    name = forms.CharField(label=_("Name"), max_length=160)
    domains = Lines(
        label=_("Mail domains"),
        required=False,
        help_text=_("One in each line. New customers who write from these domains belong to this company."),
    )
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=forms.Textarea({"rows": 4}))


class FieldForm(forms.Form):
    """A custom field; whom it is for and its kind cannot be changed later."""

    target = forms.ChoiceField(label=_("For"), choices=CustomField.Target.choices)
    name = forms.CharField(label=_("Name"), max_length=80)
    type = forms.ChoiceField(label=_("Kind"), choices=CustomField.Type.choices)
    choices = Lines(label=_("Choices"), required=False, help_text=_("For «one of a list»: one in each line."))
    position = forms.IntegerField(
        label=_("Position"), initial=0, min_value=-1000, max_value=1000, help_text=_("Small numbers stand first.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: object, field: CustomField | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        for name in ("target", "type") if field else ("is_active",):
            del self.fields[name]


class TagForm(forms.Form):
    """Another word for a tag."""

    name = forms.CharField(label=_("Name"), max_length=60)


class MergeTagForm(forms.Form):
    """The tag that stays."""

    into = forms.ModelChoiceField(Tag.objects.none(), label=_("Merge into"))

    def __init__(self, *args: object, tag: Tag, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        self.fields["into"].queryset = Tag.objects.exclude(pk=tag.pk)  # type: ignore[attr-defined]
