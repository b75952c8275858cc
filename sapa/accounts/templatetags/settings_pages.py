"""The navigation of the settings: the pages of settings.SETTINGS_PAGES that this person may open."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@dataclass(frozen=True)
class Entry:
    """One link; `is_here`: it or a page below it is open."""

    label: str
    url: str
    is_here: bool


@dataclass(frozen=True)
class Group:
    """Links under one heading."""

    heading: str
    entries: list[Entry]


@register.simple_tag(takes_context=True)
def settings_groups(context: Mapping[str, object]) -> list[Group]:
    """The groups with at least one page for this person."""
    request = context["request"]
    user, here = request.user, request.path  # type: ignore[attr-defined]  # a context's values are plain objects
    groups = []
    for heading, pages in settings.SETTINGS_PAGES:
        found = [
            (str(label), reverse(view)) for view, label, permission in pages if not permission or user.may(permission)
        ]
        if found:
            groups.append(Group(str(heading), [Entry(label, url, here.startswith(url)) for label, url in found]))
    return groups
