"""The API keeps to its own OpenAPI document, whatever is sent to it."""

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from conftest import World
from sapa.accounts.tokens import create_token

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The whole application, with the caller's address that a server would give."""
    # As Django's own test client does: the end of a request must not close the connection of the test's transaction.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    return WSGIHandler()({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)


schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.fixture
def headers(world: World) -> dict[str, str]:
    """A supervisor's token; there is a conversation to find."""
    world.receive()
    return {"Authorization": f"Bearer {create_token(world.carol, name='contract')[1]}"}


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_api_keeps_to_its_document(case: schemathesis.Case[Any], headers: dict[str, str]) -> None:
    # An unknown inbox is well-formed and refused all the same; an unknown query parameter is passed over.
    skipped: list[Any] = [positive_data_acceptance, *([negative_data_rejection] if case.method == "GET" else [])]
    case.call_and_validate(headers=headers, excluded_checks=skipped)
