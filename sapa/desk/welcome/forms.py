"""The form of the first run."""

from django import forms
from django.utils.translation import gettext_lazy as _

from sapa.accounts.forms import PasswordForm


class WelcomeForm(PasswordForm):
    """Who starts, and the first address that customers write to."""

    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )
    inbox_name = forms.CharField(
        label=_("Name of the first inbox"), max_length=80, required=False, initial=_("Support")
    )
    inbox_address = forms.EmailField(
        label=_("Its e-mail address"),
        max_length=254,
        required=False,
        help_text=_("Where customers write to, such as support@yourcompany.example. You can add it later."),
    )
    field_order = ("name", "email", "password", "inbox_name", "inbox_address")
