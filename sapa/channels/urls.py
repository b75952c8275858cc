"""Addresses of sapa.channels."""

from django.urls import path

from sapa.channels.views import inboxes, mailboxes, unreadable

app_name = "channels"
urlpatterns = [
    path("settings/inboxes/", inboxes.listing, name="inboxes"),
    path("settings/inboxes/new/", inboxes.choose, name="choose"),
    path("settings/inboxes/new/email/", inboxes.create, name="create_email"),
    path("settings/inboxes/<int:id>/", inboxes.change, name="inbox"),
    path("settings/inboxes/<int:id>/outgoing/", inboxes.outgoing, name="outgoing"),
    path("settings/inboxes/<int:id>/outgoing/test/", inboxes.test_outgoing, name="test_outgoing"),
    path("settings/inboxes/<int:id>/mailboxes/", mailboxes.listing, name="mailboxes"),
    path("settings/inboxes/<int:id>/mailboxes/new/", mailboxes.create, name="create_mailbox"),
    path("settings/inboxes/<int:id>/mailboxes/test/", mailboxes.test_form, name="test_mailbox_form"),
    path("settings/inboxes/mailboxes/<int:id>/", mailboxes.change, name="mailbox"),
    path("settings/inboxes/mailboxes/<int:id>/remove/", mailboxes.remove, name="remove_mailbox"),
    path("settings/inboxes/mailboxes/<int:id>/test/", mailboxes.test, name="test_mailbox"),
    path("settings/inboxes/unreadable/", unreadable.listing, name="unreadable"),
    path("settings/inboxes/unreadable/<int:id>/raw/", unreadable.download, name="raw_mail"),
]
