"""Mail that could not be taken in: why, and the mail as it came."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.channels.email.intake import content_of
from sapa.channels.queries import mail_not_taken_in

PAGE = 50


@require_GET
@requires(Permission.INBOX)
def listing(request: HttpRequest) -> HttpResponse:
    """The newest first."""
    page = Paginator(mail_not_taken_in(person(request)), PAGE).get_page(request.GET.get("page"))
    return render(request, "channels/unreadable.html", {"page": page})


@require_GET
@requires(Permission.INBOX)
def download(request: HttpRequest, id: int) -> HttpResponse:
    """The mail as it came, never shown by the browser itself."""
    mail = get_object_or_404(mail_not_taken_in(person(request)), pk=id)
    try:
        content = content_of(mail)
    except FileNotFoundError as error:
        raise Http404(_("The content of this mail is no longer kept.")) from error
    headers = {"Content-Disposition": f'attachment; filename="mail-{mail.pk}.eml"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)
