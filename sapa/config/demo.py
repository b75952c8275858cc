"""`sapa serve --demo`: makes the shop on the first start, then lets its customers write."""

import asyncio
import os
import random
import signal
import sys

from sapa.config import place

CUSTOMERS_PORT = place.LMTP_PORT + 1


def prepare() -> str:
    """Make the shop unless somebody lives here already; gives the sentence with the log-in. Needs a migrated database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa.config.settings")
    import django

    django.setup()
    from sapa.accounts.models import User
    from sapa.core import clock
    from sapa.demo import company, past

    def progress(done: int, of: int) -> None:
        if sys.stderr.isatty() and (done % 10 == 0 or done == of):
            sys.stderr.write(f"\r  Demo company {done * 100 // of:>17} %")

    if not User.objects.exists():
        company.found(customers_port=CUSTOMERS_PORT)
    elif not User.objects.filter(email=company.login()).exists():
        return "This data folder belongs to somebody else: the demo company was not made. Set another SAPA_HOME."
    made = place.HOME / "demo_made"
    if not made.exists():
        past.make(company.company(), now=clock.now(), progress=progress)
        made.touch()
    return f"Log in as {company.login()} with the password {company.password()}"


def serve() -> None:
    """The role `demo`: the customers' side, until SIGTERM."""
    from sapa.demo.mail import Customers

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        customers = Customers(
            lmtp=(place.LMTP_HOST, place.LMTP_PORT),
            port=CUSTOMERS_PORT,
            rand=random.Random(),  # noqa: S311
        )
        await customers.live(stop)

    asyncio.run(main())
