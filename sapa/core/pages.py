"""Numbered pages of short lists (people, teams); long lists page by keyset."""

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
SIZE = 50


def page_of(rows: QuerySet[M], number: str) -> Page[M]:
    """The page with this number, the nearest one when there is none."""
    return Paginator(rows, SIZE).get_page(number)
