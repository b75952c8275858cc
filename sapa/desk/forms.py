"""The form with which the company writes first."""

from django import forms
from django.utils.translation import gettext_lazy as _

from sapa.accounts.models import User
from sapa.conversations.models import Inbox
from sapa.conversations.queries import inboxes_visible_to


class StartForm(forms.Form):
    """From which inbox, to whom, about what."""

    inbox = forms.ModelChoiceField(Inbox.objects.none(), label=_("From"), empty_label=None)
    address = forms.EmailField(label=_("To"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    name = forms.CharField(label=_("Name"), max_length=160, required=False)
    subject = forms.CharField(label=_("Subject"), max_length=300)
    text = forms.CharField(label=_("Message"), max_length=200_000, widget=forms.Textarea({"rows": 10}))

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        open_to = [inbox.pk for inbox in inboxes_visible_to(user) if inbox.is_active and inbox.channel == "email"]
        self.fields["inbox"].queryset = Inbox.objects.filter(pk__in=open_to)  # type: ignore[attr-defined]
