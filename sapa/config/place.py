"""Where this Sapa is: its folder, addresses and database. Without Django, because the supervisor reads it too."""

import os
from pathlib import Path

from sapa.core import env

env.load_dotenv(Path(os.environ.get("SAPA_ENV", ".env")))

HOME = env.folder("SAPA_HOME", Path("var"))
HOST = env.text("SAPA_HOST", "127.0.0.1")
PORT = env.integer("SAPA_PORT", 8000, low=1, high=65535)
LMTP_HOST = env.text("SAPA_LMTP_HOST", "127.0.0.1")
LMTP_PORT = env.integer("SAPA_LMTP_PORT", 8024, low=0, high=65535)  # 0: no listener
PUBLIC_URL = env.url("SAPA_URL", f"http://127.0.0.1:{PORT}", schemes=("http", "https")).geturl().rstrip("/")
DATABASE_URL = env.url("DATABASE_URL", "", schemes=("postgres", "postgresql"))
EMBEDDED = not DATABASE_URL.scheme
