"""Companies: made, changed, deleted. A mail domain belongs to one company and brings it its new customers."""

import re
from collections.abc import Sequence

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit, differences
from sapa.accounts.models import User
from sapa.core.errors import Refused
from sapa.customers.actions._allowed import check, line, note
from sapa.customers.models import Company

MOST_DOMAINS = 50
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
# Anybody may have an address there, so it says nothing about who employs them.
PUBLIC = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "yahoo.co.id",
        "ymail.com",
        "outlook.com",
        "outlook.co.id",
        "hotmail.com",
        "live.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "gmx.com",
        "gmx.de",
        "web.de",
        "mail.com",
        "zoho.com",
        "yandex.com",
        "qq.com",
        "163.com",
        "rocketmail.com",
    ]
)


@transaction.atomic
def create_company(*, name: str, domains: Sequence[str] = (), note: str = "", by: User | None) -> Company:
    """Raises NotAllowed, Refused naming the field."""
    check(by)
    company = Company()
    _fill(company, name, domains, note)
    audit("company.created", actor=by, target=_target(company), changes=_state(company))
    return company


@transaction.atomic
def change_company(company: Company, *, name: str, domains: Sequence[str], note: str, by: User | None) -> Company:
    """Raises NotAllowed, Refused naming the field."""
    check(by)
    company = Company.objects.select_for_update().get(pk=company.pk)
    before = _state(company)
    _fill(company, name, domains, note)
    if changes := differences(before, _state(company)):
        audit("company.changed", actor=by, target=_target(company), changes=changes)
    return company


@transaction.atomic
def delete_company(company: Company, *, by: User | None) -> None:
    """Its customers stay, without a company. Safe to call twice. Raises NotAllowed."""
    check(by)
    found = Company.objects.select_for_update().filter(pk=company.pk).first()
    if found:
        target, state = _target(found), _state(found)
        found.delete()
        audit("company.deleted", actor=by, target=target, changes=state)


def _fill(company: Company, name: str, domains: Sequence[str], text: str) -> None:
    with connection.cursor() as cursor:  # a domain belongs to one company; no constraint can say that of arrays
        cursor.execute("select pg_advisory_xact_lock(hashtext('customers.company.domains'))")
    company.name, company.note = line(name, 160, field="name"), note(text)
    if not company.name:
        raise Refused(_("Enter a name."), field="name")
    company.domains = _domains(company, domains)
    try:
        with transaction.atomic():
            company.save()
    except IntegrityError as error:
        raise Refused(_("There is a company «%(name)s» already.") % {"name": company.name}, field="name") from error


def _domains(company: Company, given: Sequence[str]) -> list[str]:
    found = sorted({domain.strip().lower().removeprefix("@").rstrip(".") for domain in given} - {""})
    if len(found) > MOST_DOMAINS:
        raise Refused(_("A company has at most 50 mail domains."), field="domains")
    for domain in found:
        if not _DOMAIN.fullmatch(domain):
            sentence = _("«%(domain)s» is not a mail domain such as shop.example.")
            raise Refused(sentence % {"domain": domain[:80]}, field="domains")
        if domain in PUBLIC:
            raise Refused(_("Anybody can have an address at %(domain)s.") % {"domain": domain}, field="domains")
    other = Company.objects.exclude(pk=company.pk).filter(domains__overlap=found).first() if found else None
    if other:
        shared = min(set(found) & set(other.domains))
        sentence = _("%(domain)s belongs to %(company)s already.")
        raise Refused(sentence % {"domain": shared, "company": other.name}, field="domains")
    return found


def _state(company: Company) -> dict[str, object]:
    return {"name": company.name, "domains": list(company.domains), "note": company.note}


def _target(company: Company) -> str:
    return f"company:{company.pk} {company.name}"
