"""Errors as problem+json (RFC 9457): `type`, `title`, `status`, `detail`, and `errors` by field where there are some."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from sapa.core.errors import Conflict, NotAllowed, Refused, TooMuch


class Problem(Schema):
    """What went wrong; `detail` is a sentence for a person."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


# What every operation may answer besides its success.
ERRORS: dict[int, type[Problem]] = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    409: Problem,
    422: Problem,
    429: Problem,
}


def problem(
    status: int, detail: str, *, errors: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None
) -> HttpResponse:
    """One answer in the one shape."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    body["errors"] = errors or []
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)


def install(api: NinjaAPI) -> None:
    """Answer every error of the API as a problem."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        status = {NotAllowed: 403, Conflict: 409, TooMuch: 413}.get(type(error), 422)
        errors = [{"field": error.field, "message": str(error)}] if error.field else []
        return problem(status, str(error), errors=errors)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [
            {
                "field": ".".join(str(part) for part in one["loc"] if part not in ("body", "payload")),
                "message": one["msg"],
            }
            for one in error.errors[:20]
        ]
        first = errors[0] if errors else {"field": "", "message": _("It is malformed.")}
        return problem(
            422, f"{first['field']}: {first['message']}" if first["field"] else first["message"], errors=errors
        )

    @api.exception_handler(AuthenticationError)
    def anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(401, _("Send a valid token: «Authorization: Bearer …»."), headers={"WWW-Authenticate": "Bearer"})

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, _("There is nothing here that you may see."))

    @api.exception_handler(HttpError)
    def malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, str(error))

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return problem(413, _("The request is larger than this server accepts."))
