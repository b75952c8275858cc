"""The first start of `sapa serve --demo`: the shop and its past are made."""

import sys

from django.conf import settings

from sapa.accounts.models import User
from sapa.core import clock
from sapa.demo import company, past
from sapa.demo.mail import customers_port


def prepare() -> str:
    """Make the shop unless somebody else lives here; gives the sentence with the log-in. Safe to repeat after a crash."""
    if not User.objects.exists():
        company.found(customers_port=customers_port())
    elif not User.objects.filter(email=company.login()).exists():
        return "This data folder belongs to somebody else: the demo company was not made. Set another SAPA_HOME."
    made = settings.HOME / "demo_made"
    if not made.exists():
        past.make(company.company(), now=clock.now(), progress=_show)
        made.touch()
    return f"Log in as {company.login()} with the password {company.password()}"


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty() and (done % 10 == 0 or done == of):
        sys.stderr.write(f"\r  Demo company {done * 100 // of:>17} %  ")
        sys.stderr.flush()
