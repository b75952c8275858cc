"""Where tests live: their own SAPA_HOME and settings, set before Django reads them (loaded first, see addopts)."""

import os
from pathlib import Path

HOME = Path(os.environ.get("SAPA_HOME", Path(__file__).parents[3] / "var" / "test"))
# Tests that run beside each other have a server each: on one, an open transaction of the one holds back the other's followers.
if (process := os.environ.get("PYTEST_XDIST_WORKER", "")) and HOME.name != process:
    HOME /= process
os.environ["SAPA_HOME"] = str(HOME)
os.environ.setdefault("SAPA_ENV", "/nonexistent")
os.environ.setdefault("SAPA_LANGUAGE", "en")
os.environ.setdefault("SAPA_EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
