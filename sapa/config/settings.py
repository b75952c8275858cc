"""The one settings file: everything by environment, one `.env`, or `NAME_FILE` (see docs/configuration.md)."""

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE
from django.utils.translation import gettext_lazy as _

import sapa
from sapa.config import postgres
from sapa.config.place import DATABASE_URL, EMBEDDED, HOME, HOST, LMTP_HOST, LMTP_PORT, PORT, PUBLIC_URL  # noqa: F401
from sapa.core import env

PACKAGE = Path(sapa.__file__).parent

# --- Where things are (the rest of it: sapa/config/place.py) --------------------------------------------------------

SMTP_URL = env.url("SAPA_SMTP_URL", "", schemes=("smtp", "smtps", "smtp+starttls"))
FILES = HOME / "files"
MAIL_LIMIT = env.integer("SAPA_MAIL_LIMIT_MB", 40, low=1, high=500) * 1024 * 1024
MAIL_KEEP_DAYS = env.integer("SAPA_MAIL_KEEP_DAYS", 30, low=0, high=36_500)  # raw mail that was read; 0: for ever
UPLOAD_LIMIT = env.integer("SAPA_UPLOAD_LIMIT_MB", 25, low=1, high=500) * 1024 * 1024
BODY_LIMIT = UPLOAD_LIMIT * 3
API_RATE = env.integer("SAPA_API_RATE", 60_000, low=1, high=10_000_000)  # calls a minute, a token, a web process
WEB_WORKERS = env.integer("SAPA_WEB_WORKERS", 2, low=1, high=64)
WEB_THREADS = env.integer("SAPA_WEB_THREADS", 4, low=1, high=64)
OUTSIDE_PRIVATE = env.boolean("SAPA_OUTSIDE_PRIVATE", False)  # may outgoing requests reach private addresses?
PROXIES = env.integer("SAPA_PROXIES", 0, low=0, high=5)  # trusted reverse proxies in front


def _secret_key() -> str:
    """The key from the environment, else one made once and kept in SAPA_HOME (readable by its owner only)."""
    if given := env.text("SAPA_SECRET_KEY"):
        return given
    path = HOME / "secret_key"
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = list(env.words("SAPA_SECRET_KEY_OLD"))
DEBUG = env.boolean("SAPA_DEBUG", False)
ALLOWED_HOSTS = [*env.words("SAPA_HOSTS"), urlsplit(PUBLIC_URL).hostname or "localhost", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- Database -----------------------------------------------------------------------------------------------------


def _database() -> dict[str, object]:
    if EMBEDDED:
        place: dict[str, object] = {
            "HOST": str(postgres.socket_folder(HOME)),
            "USER": postgres.USER,
            "NAME": postgres.DATABASE,
        }
    else:
        place = {
            "HOST": DATABASE_URL.hostname or "",
            "PORT": str(DATABASE_URL.port or 5432),
            "USER": unquote(DATABASE_URL.username or ""),
            "PASSWORD": unquote(DATABASE_URL.password or env.text("DATABASE_PASSWORD")),
            "NAME": unquote(DATABASE_URL.path.lstrip("/")) or "sapa",
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        **place,
        "CONN_MAX_AGE": 0,
        # Without the check every pooled connection gives one error page after a restart of the server.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": env.integer("SAPA_DATABASE_POOL", 24, low=2, high=200), "timeout": 10},
            # An open writing transaction holds back every follower, so none may idle.
            "options": "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=10000 -c timezone=UTC",
            "connect_timeout": 10,
        },
        "TEST": {"NAME": env.text("SAPA_TEST_DATABASE", "sapa_test")},
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}

# --- What is plugged in -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "sapa.core",
    "sapa.accounts",
    "sapa.timeline",
    "sapa.customers",
    "sapa.conversations",
    "sapa.channels",
    "sapa.desk",
    "sapa.api",
    "sapa.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
    "csp",
    "ninja",
]

# Followers read the facts of the timeline in order; each is a `sapa.timeline.followers.Follower`.
FOLLOWERS = [
    "sapa.conversations.follow.notify",
    "sapa.channels.follow.auto_reply",
]

# Loops of the work process; each is a `sapa.core.loop.Loop` or a callable that returns a list of them.
LOOPS = [
    "sapa.timeline.followers.loops",
    "sapa.conversations.timers.loops",
    "sapa.channels.deliver.loops",
    "sapa.channels.email.work.loops",
]

# The navigation of /settings/: (heading, [(view name, label, permission or "" for everybody)]).
SETTINGS_PAGES: list[tuple[object, list[tuple[str, object, str]]]] = [
    (
        _("You"),
        [
            ("people:profile", _("Profile"), ""),
            ("mfa_index", _("Log-in and safety"), ""),
            ("usersessions_list", _("Sessions"), ""),
            ("people:tokens", _("API tokens"), "token.own"),
        ],
    ),
    (
        _("People"),
        [
            ("people:people", _("People"), "people.manage"),
            ("people:teams", _("Teams"), "people.manage"),
            ("people:roles", _("Roles"), "people.manage"),
        ],
    ),
    (
        _("Channels"),
        [("channels:inboxes", _("Inboxes"), "inbox.manage")],
    ),
    (
        _("Desk"),
        [("records:fields", _("Fields"), "settings.manage"), ("records:tags", _("Tags"), "settings.manage")],
    ),
    (_("Records"), [("people:audit", _("Audit log"), "audit.read")]),
]

# What the live streams ask: the topics that a person hears.
LIVE_TOPICS = "sapa.conversations.audience.topics_of"

# A job whose process died is taken up again after `stalled_worker_timeout`, see sapa/core/jobs.py.
PROCRASTINATE_WORKER_DEFAULTS = {"update_heartbeat_interval": 2.0, "stalled_worker_timeout": 6.0}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "sapa.accounts.middleware.PreferencesMiddleware",
    "sapa.accounts.middleware.AddressMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "sapa.config.urls"
WSGI_APPLICATION = "sapa.config.server.django_application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# --- People -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "sapa.accounts.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "sapa.accounts.adapter.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proven by the invitation link that was mailed to it
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = "sapa.accounts.models.display_name"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers get no mail from us
MFA_ADAPTER = "sapa.accounts.adapter.MFAAdapter"
MFA_FORMS = {"activate_totp": "sapa.accounts.totp.ActivateForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Sapa"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PUBLIC_URL.startswith("http://")
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# Who signs on for the first time gets an account with this role; empty: only people who are here already.
OIDC_ROLE = env.text("SAPA_OIDC_ROLE")
OIDC_URL = env.url("SAPA_OIDC_URL", "", schemes=("https", "http")).geturl()
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.text("SAPA_OIDC_NAME", "SSO"),
                "client_id": env.text("SAPA_OIDC_CLIENT_ID"),
                "secret": env.text("SAPA_OIDC_SECRET"),
                "settings": {
                    "server_url": OIDC_URL,
                    # For servers that say nothing about whether an address is proven, and only hand out proven ones.
                    **({"verified_email": True} if env.boolean("SAPA_OIDC_TRUST_EMAIL", False) else {}),
                },
            }
        ]
        if OIDC_URL
        else [],
    }
}

# --- Safety -------------------------------------------------------------------------------------------------------

_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if _HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "frame-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT + 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 40

# --- Words, numbers, time -----------------------------------------------------------------------------------------

LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LANGUAGE_CODE = env.choice("SAPA_LANGUAGE", "id", ("id", "en"))
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = ["sapa.config.formats"]
TIME_ZONE = env.zone("SAPA_TIME_ZONE", "Asia/Jakarta")
COUNTRY = env.country("SAPA_COUNTRY", "ID")  # of telephone numbers that are written without a country's code
USE_TZ = True
USE_I18N = True

# --- Mail that Sapa itself sends (invitations, password resets): through the same server as answers ----------------

OWN_EMAIL_BACKEND = "sapa.channels.email.backend.SapaBackend"
EMAIL_BACKEND = env.text("SAPA_EMAIL_BACKEND", OWN_EMAIL_BACKEND)
DEFAULT_FROM_EMAIL = env.text("SAPA_FROM", f"Sapa <sapa@{urlsplit(PUBLIC_URL).hostname}>")
EMAIL_TIMEOUT = 20
ANYMAIL: dict[str, object] = {"REQUESTS_TIMEOUT": (20, 20)}

# --- Static files -------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.folder("SAPA_STATIC", PACKAGE / "static_built")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "sapa.config.static.Storage"},
}
MEDIA_ROOT = FILES
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Logs: one line an event on the standard error ----------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.choice("SAPA_LOG", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"))},
    "loggers": {"sapa": {"level": "INFO"}},
}
PROCRASTINATE_ON_APP_READY = None
SILENCED_SYSTEM_CHECKS = ["auth.W004", "security.W004", "security.W008", "security.W012", "security.W016"]
