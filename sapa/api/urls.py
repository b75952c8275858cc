"""The REST API below /api/: OpenAPI at /api/openapi.json, readable at /api/docs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from sapa import __version__
from sapa.api import problems
from sapa.api.access import Bearer, Throttled
from sapa.api.v1 import conversations, customers, facts, inboxes, messages


class Api(NinjaAPI):
    """The framework's API, whose document names the media type of errors as they are sent."""

    def get_openapi_schema(self, **options: Any) -> Any:
        document = super().get_openapi_schema(**options)
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "content" in response:
                        response["content"] = {"application/problem+json": response["content"]["application/json"]}
        return document


api = Api(
    title="Sapa",
    version=__version__,
    description=(
        "Bearer tokens with scopes; lists are paged by cursor; errors are problem+json. "
        "`GET /live` with the same token is the live stream (server-sent events, resumed by Last-Event-ID)."
    ),
    auth=Bearer(),
    urls_namespace="api",
)
problems.install(api)
for part in (conversations, messages, customers, inboxes, facts):
    api.add_router("/v1", part.router)


@api.exception_handler(Throttled)
def throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    """429 with Retry-After in whole seconds."""
    seconds = max(1, round(error.seconds))
    return problems.problem(429, f"Too many calls; try again in {seconds} s.", headers={"Retry-After": str(seconds)})


mounted = api.urls  # made anew at each access, so it is kept
for pattern in mounted[0]:
    # The token is the log-in here: each operation checks it, the docs are public.
    setattr(pattern.callback, "login_required", False)  # noqa: B010  (an attribute that Django looks for)
urlpatterns = [path("", mounted)]
