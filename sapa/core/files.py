"""The file store: contents by their SHA-256 below SAPA_HOME/files, written once, never changed."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class StoredFile:
    """Where some content lies: `key` is relative to the store, `size` in bytes."""

    key: str
    size: int
    sha256: str


def path(key: str) -> Path:
    """The absolute path of a key; refuses anything that would leave the store."""
    root: Path = settings.FILES
    full = (root / key).resolve()
    if not full.is_relative_to(root.resolve()):
        raise ValueError(f"not a key of the file store: {key!r}")
    return full


def store(content: bytes) -> StoredFile:
    """Write `content` durably (fsync, then rename) and return its key; the same content is stored once."""
    digest = hashlib.sha256(content).hexdigest()
    key = f"{digest[:2]}/{digest[2:4]}/{digest}"
    target = path(key)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{digest}.{secrets.token_hex(6)}.part")
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return StoredFile(key=key, size=len(content), sha256=digest)


def read(key: str) -> bytes:
    """The content of a key. Raises FileNotFoundError when the store lost it."""
    return path(key).read_bytes()
