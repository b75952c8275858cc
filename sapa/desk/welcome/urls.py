"""The address of the first run."""

from django.urls import path

from sapa.desk.welcome import views

app_name = "welcome"
urlpatterns = [path("welcome/", views.welcome, name="welcome")]
