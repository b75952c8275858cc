"""Addresses below /accounts/ that stand before allauth's."""

from django.urls import path, re_path

from sapa.accounts.views import entrance

urlpatterns = [
    path("signup/", entrance.closed),
    path("email/", entrance.closed),
    re_path(r"^confirm-email/.*$", entrance.closed),
    re_path(r"^login/code/.*$", entrance.closed),
    path("3rdparty/", entrance.closed),
    path("3rdparty/signup/", entrance.closed),
    re_path(r"^social/.*$", entrance.closed),
    path("password/reset/", entrance.password_reset),
    path("oidc/sso/login/", entrance.sso_login),
    path("oidc/sso/login/callback/", entrance.sso_callback),
]
