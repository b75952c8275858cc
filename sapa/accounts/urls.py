"""Addresses of sapa.accounts; what is allauth's stands below /accounts/."""

from django.urls import path
from django.views.generic import RedirectView

from sapa.accounts.views import audit, invitations, people, profile, roles, teams

app_name = "people"
urlpatterns = [
    path("settings/", RedirectView.as_view(pattern_name="people:profile"), name="settings"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/tokens/", profile.token_list, name="tokens"),
    path("settings/tokens/create/", profile.create_token, name="create_token"),
    path("settings/tokens/<int:id>/revoke/", profile.revoke_token, name="revoke_token"),
    path("settings/sessions/<int:id>/end/", profile.end_session, name="end_session"),
    path("settings/people/", people.listing, name="people"),
    path("settings/people/invite/", invitations.invite, name="invite"),
    path("settings/people/<int:id>/", people.change, name="person"),
    path("settings/people/<int:id>/deactivate/", people.deactivate, name="deactivate"),
    path("settings/people/<int:id>/reactivate/", people.reactivate, name="reactivate"),
    path("settings/invitations/<int:id>/renew/", invitations.renew, name="renew"),
    path("settings/invitations/<int:id>/withdraw/", invitations.withdraw, name="withdraw"),
    path("settings/roles/", roles.listing, name="roles"),
    path("settings/roles/new/", roles.create, name="create_role"),
    path("settings/roles/<int:id>/", roles.change, name="role"),
    path("settings/roles/<int:id>/delete/", roles.delete, name="delete_role"),
    path("settings/teams/", teams.listing, name="teams"),
    path("settings/teams/new/", teams.create, name="create_team"),
    path("settings/teams/<int:id>/", teams.change, name="team"),
    path("settings/teams/<int:id>/delete/", teams.delete, name="delete_team"),
    path("settings/audit/", audit.listing, name="audit"),
    path("settings/audit/export/", audit.export, name="export_audit"),
    path("invitation/<str:token>/", invitations.accept, name="accept"),
    path("language/", profile.choose_language, name="language"),
]
