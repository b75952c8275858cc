"""The forms of the settings of people, roles, teams, invitations, tokens, the profile and the audit log."""

import zoneinfo
from typing import ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sapa.accounts.actions import within
from sapa.accounts.models import Role, Team, User
from sapa.accounts.permissions import Permission, Scope
from sapa.accounts.tokens import TokenScope


class _Grant(forms.Form):
    """A role (only those that the person may give) and teams."""

    role = forms.ModelChoiceField(Role.objects.none(), label=_("Role"), empty_label=None)
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(), label=_("Teams"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, by: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        given = [role.pk for role in Role.objects.all() if within(role, by)]
        roles: forms.ModelChoiceField[Role] = self.fields["role"]  # type: ignore[assignment]
        roles.queryset = Role.objects.filter(pk__in=given).order_by("id")


class PersonForm(_Grant):
    """Name, role and teams of a person."""

    name = forms.CharField(label=_("Name"), max_length=120)
    field_order = ("name", "role", "teams")


class InviteForm(_Grant):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    field_order = ("email", "role", "teams")


class RoleForm(forms.Form):
    """What a role allows and how far it sees."""

    name = forms.CharField(label=_("Name"), max_length=80)
    scope = forms.ChoiceField(label=_("Sees"), choices=Scope.choices, widget=forms.RadioSelect)
    permissions = forms.MultipleChoiceField(
        label=_("May"), choices=Permission.choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class TeamForm(forms.Form):
    """A team's name and members."""

    name = forms.CharField(label=_("Name"), max_length=80)
    members = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("name", "id"),
        label=_("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class PasswordForm(forms.Form):
    """Name and password of somebody who comes in for the first time."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least 10 characters; a few words are easy to remember and hard to guess."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What people set about themselves."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = User
        fields: ClassVar[list[str]] = [
            "name",
            "language",
            "time_zone",
            "theme",
            "signature",
            "single_keys",
            "desktop_notifications",
        ]
        help_texts: ClassVar[dict[str, object]] = {
            "signature": _("Stands below your answers."),
            "single_keys": _("Keys such as j, k, r and e in the inbox. Shortcuts with Ctrl work in any case."),
            "desktop_notifications": _("Your browser will ask for permission."),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        # Each language is written in itself, for those who cannot read the present one.
        names = [("id", "Bahasa Indonesia"), ("en", "English")]
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]
        default = _("That of this installation (%(zone)s)") % {"zone": settings.TIME_ZONE}
        self.fields["language"].choices = [("", _("As the browser")), *names]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [("", default), *zones]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A new API token."""

    DAYS = (
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("365", _("One year")),
        ("", pgettext_lazy("to expire", "Never")),
    )

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What it is for, such as «order system»."))
    scopes = forms.MultipleChoiceField(label=_("May"), choices=TokenScope.choices, widget=forms.CheckboxSelectMultiple)
    days = forms.ChoiceField(label=_("Ends after"), choices=DAYS, required=False, initial="90")


class AuditForm(forms.Form):
    """Which lines of the audit log to show."""

    who = forms.CharField(label=_("Who"), max_length=120, required=False)
    action = forms.CharField(
        label=_("What"), max_length=60, required=False, widget=forms.TextInput({"list": "actions"})
    )
    target = forms.CharField(label=_("About"), max_length=120, required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
