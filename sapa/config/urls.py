"""Every address of the product, in one place."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("sapa.accounts.entrance_urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("sapa.accounts.urls")),
    path("api/", include("sapa.api.urls")),
    path("", include("sapa.channels.urls")),
    path("", include("sapa.desk.welcome.urls")),
    path("", include("sapa.desk.records.urls")),
    path("", include("sapa.desk.urls")),
]
