"""Texts of Django and allauth that show here, so that the translation says them in the words of docs/glossary.md."""

from django.utils.translation import gettext_noop as _

OF_LIBRARIES = (
    _("Email"),
    _("Email address"),
    _("Code"),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Invalid login."),
    _("Be patient, you are sending too many requests."),
    _("Please type your current password."),
    _("The email address and/or password you specified are not correct."),
    _("Too many failed login attempts. Try again later."),
    _("You must type the same password each time."),
    _("Use authenticator app or code"),
    _("Use your password"),
    _("Your password can’t be too similar to your other personal information."),
    _("Your password can’t be a commonly used password."),
    _("Your password can’t be entirely numeric."),
    _("The password is too similar to the %(verbose_name)s."),
    _("This password is too common."),
    _("This password is entirely numeric."),
    _("This field is required."),
    _("Enter a valid email address."),
    _("Select a valid choice. %(value)s is not one of the available choices."),
    _("Enter a valid date."),
    _("Enter a whole number."),
)
