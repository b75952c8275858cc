"""Addresses of customers, companies, custom fields and tags."""

from django.urls import path

from sapa.desk.records.views import companies, customers, fields, tags

app_name = "records"
urlpatterns = [
    path("customers/", customers.listing, name="customers"),
    path("customers/new/", customers.create, name="create_customer"),
    path("customers/<int:id>/", customers.show, name="customer"),
    path("customers/<int:id>/change/", customers.change, name="change_customer"),
    path("customers/<int:id>/merge/", customers.merge, name="merge"),
    path("customers/<int:id>/identities/", customers.add_identity, name="add_identity"),
    path("customers/<int:id>/identities/<int:identity>/remove/", customers.remove_identity, name="remove_identity"),
    path("companies/", companies.listing, name="companies"),
    path("companies/new/", companies.create, name="create_company"),
    path("companies/<int:id>/", companies.change, name="company"),
    path("companies/<int:id>/delete/", companies.delete, name="delete_company"),
    path("settings/fields/", fields.listing, name="fields"),
    path("settings/fields/new/", fields.create, name="create_field"),
    path("settings/fields/<int:id>/", fields.change, name="field"),
    path("settings/tags/", tags.listing, name="tags"),
    path("settings/tags/<int:id>/", tags.change, name="tag"),
    path("settings/tags/<int:id>/merge/", tags.merge, name="merge_tag"),
    path("settings/tags/<int:id>/delete/", tags.delete, name="delete_tag"),
]
