"""Sending a file of a message: what a browser may show, and what it may only save."""

from urllib.parse import quote

from django.http import HttpResponse

from sapa.conversations.models import Attachment, DraftFile
from sapa.core import files

# Never HTML, SVG or anything else that runs: those are only saved.
SHOWN = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp",
        "application/pdf",
        "audio/mpeg", "audio/ogg", "audio/wav", "audio/x-wav", "audio/webm", "audio/mp4", "audio/aac", "audio/flac",
        "video/mp4", "video/webm", "video/ogg",
        "text/plain",
    }
)  # fmt: skip


def shown_inline(content_type: str) -> bool:
    """Whether a browser may show files of this type in the page."""
    return content_type.partition(";")[0].strip().lower() in SHOWN


def file_response(file: Attachment | DraftFile, *, save: bool = False) -> HttpResponse:
    """The file itself; the server streams it from the store (X-Sapa-File), so that no request thread is held."""
    kind = file.content_type.partition(";")[0].strip().lower()
    is_shown = shown_inline(kind) and not save
    safe = "text/plain; charset=utf-8" if kind == "text/plain" else kind
    response = HttpResponse(content_type=safe if is_shown else "application/octet-stream")
    response["X-Sapa-File"] = str(files.path(file.key))
    response["Content-Disposition"] = (
        f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{quote(file.name or 'file', safe='')}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["ETag"] = f'"{file.sha256}"'
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    if kind == "application/pdf" and is_shown:
        # A sandbox would keep the browser's own viewer from starting; a PDF has no access to the page around it.
        response["Content-Security-Policy"] = (
            "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
        )
        response["X-Frame-Options"] = "SAMEORIGIN"
    else:
        response["Content-Security-Policy"] = (
            "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
        )
    return response
