"""The audit log: filtered, paged, exported."""

import csv
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from sapa.accounts.access import person, requires
from sapa.accounts.audit import audit
from sapa.accounts.forms import AuditForm
from sapa.accounts.models import AuditEntry
from sapa.accounts.permissions import Permission
from sapa.accounts.queries import AuditFilter, audit_page, audit_visible_to, audited_actions

MOST_EXPORTED = 100_000
COLUMNS = ("at", "actor", "action", "target", "address", "changes")


@require_GET
@requires(Permission.AUDIT)
def listing(request: HttpRequest) -> HttpResponse:
    """Lines of the log, newest first."""
    form = AuditForm(request.GET)
    rows = audit_visible_to(person(request), _wanted(form))
    before = request.GET.get("before", "")
    page = audit_page(rows, int(before) if before.isdecimal() and len(before) < 19 else None)
    query = request.GET.copy()
    query.pop("before", None)
    actions = audited_actions()
    return render(
        request, "people/audit.html", {"form": form, "page": page, "query": query.urlencode(), "actions": actions}
    )


@require_POST
@requires(Permission.AUDIT, Permission.EXPORT)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The filtered lines as CSV, newest 100,000 at most; that somebody took them is a line itself."""
    user = person(request)
    form = AuditForm(request.POST)
    rows = audit_visible_to(user, _wanted(form))
    filters = {name: str(value) for name, value in form.cleaned_data.items() if value}
    audit("audit.exported", actor=user, target="audit", changes=filters)
    name = f"audit-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    entries = rows[:MOST_EXPORTED].iterator(chunk_size=2000)
    return StreamingHttpResponse(_lines(entries), content_type="text/csv; charset=utf-8", headers=headers)


class _Echo:
    """A file whose write gives back what it was given, for csv.writer."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: Iterator[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(COLUMNS))
    for entry in entries:
        cells = (entry.at.isoformat(), entry.actor_name, entry.action, entry.target, entry.address or "", entry.changes)
        yield str(writer.writerow([_harmless(cell) for cell in cells]))


def _harmless(cell: object) -> str:
    """A cell that starts like a formula would be run by a spreadsheet: it is quoted."""
    text = str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _wanted(form: AuditForm) -> AuditFilter:
    form.is_valid()
    given: dict[str, Any] = form.cleaned_data
    until = given.get("until")
    return AuditFilter(
        who=given.get("who", ""),
        action=given.get("action", ""),
        target=given.get("target", ""),
        since=_midnight(given["since"]) if given.get("since") else None,
        until=_midnight(until + timedelta(days=1)) if until and until.year < 9999 else None,
    )


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
