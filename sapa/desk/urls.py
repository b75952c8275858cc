"""Addresses of sapa.desk."""

from django.urls import URLPattern, URLResolver, path

from sapa.desk.views import presence

urlpatterns: list[URLPattern | URLResolver] = [path("presence", presence.presence, name="presence")]
