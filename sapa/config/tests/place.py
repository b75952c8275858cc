"""Where tests live: their own SAPA_HOME and settings, set before Django reads them (loaded first, see addopts)."""

import os
from pathlib import Path

HOME = Path(os.environ.setdefault("SAPA_HOME", str(Path(__file__).parents[3] / "var" / "test")))
os.environ.setdefault("SAPA_ENV", "/nonexistent")
os.environ.setdefault("SAPA_LANGUAGE", "en")
os.environ.setdefault("SAPA_EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
