"""Every setting, declared once. The environment gives the values; a bad one stops the start with a sentence."""

from pathlib import Path
from typing import Literal

from handover.lib import keys
from handover.lib.environment import choice, number, origin, text
from handover.lib.keys import kept_keys

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where things are -------------------------------------------------------------------------------------------
DATA = Path(
    text("HANDOVER_DATA", why="The one folder that Handover writes to: database, runs, keys.")
    or BASE_DIR / "var" / "data"
).absolute()
HOST = text(
    "HANDOVER_HOST", default="127.0.0.1", why="The address to listen on. A reverse proxy with TLS stands before it."
)
PORT = number("HANDOVER_PORT", default=8080, least=0, most=65535, why="The port to listen on.")
PUBLIC_URL = origin(
    "HANDOVER_PUBLIC_URL",
    default=f"http://{HOST}:{PORT}",
    why="How Jira and people reach Handover, without a path; stands in every message.",
)
# Keys that encrypt stored secrets. Fixed by a variable, or in a file, which may change while Handover runs.
VAULT_KEYS: str | Path = text(
    "HANDOVER_SECRET_KEYS",
    why="Keys that encrypt stored secrets, comma separated, newest first. If unset, the data folder keeps one.",
) or kept_keys(
    text("HANDOVER_SECRET_KEYS_FILE", why="A file with these keys; `handover keys rotate` writes it."),
    DATA / "keys" / "vault.key",
)

# --- Agents -----------------------------------------------------------------------------------------------------
# What people configure stands in handover/configuration/groups; here is what belongs to this machine.
SANDBOX_UID = number(
    "HANDOVER_SANDBOX_UID",
    default=61731,
    least=1,
    why="The account that sandboxes run as where Handover is root. It needs no name.",
)
AGENT: Literal["openhands", "stand-in"] = choice(
    "HANDOVER_AGENT",
    of=("openhands", "stand-in"),
    default="openhands",
    why="The agent. The stand-in plays the model's tool calls without OpenHands, for tests with hundreds of runs.",
)
AGENT_ENVIRONMENT = Path(
    text(
        "HANDOVER_AGENT_ENVIRONMENT",
        default=str(BASE_DIR / "var" / "agent"),
        why="The agent-server's own Python environment.",
    )
)
# --- Django -----------------------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = keys.kept(DATA / "keys" / "signing.key")
ALLOWED_HOSTS = ["*"]  # addresses in messages come from PUBLIC_URL alone, never from a request's Host
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# Names of our own: cookies know no port, and other systems on the same host have theirs.
SESSION_COOKIE_NAME = "handover_session"
CSRF_COOKIE_NAME = "handover_csrf"
CSRF_COOKIE_HTTPONLY = True
INSTALLED_APPS = [
    "handover.apps.Handover",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "handover.middleware.ContentSecurityPolicy",
    "handover.middleware.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "handover.middleware.FormsOnly",
]
ROOT_URLCONF = "handover.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "handover" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "handover.console.sections.context",
            ],
        },
    }
]
DATABASE_FILE = DATA / "handover.sqlite3"
ENGINE_FILE = DATA / "engine.sqlite3"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE_FILE,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: what was answered with 200 outlives a power cut. It costs nothing beside the group commit.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
# One table for all processes: attempts to sign in are counted there, and codes that were used once.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "handover_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "handover" / "static"]
WHITENOISE_USE_FINDERS = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

# --- Accounts ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "handover.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "runs"
LOGOUT_REDIRECT_URL = "sign-in"
EMAIL_BACKEND = "handover.members.mail.Backend"
ACCOUNT_ADAPTER = "handover.members.accounts.Accounts"
ACCOUNT_FORMS = {
    "login": "handover.members.forms.SignIn",
    "add_email": "handover.members.forms.AddAddress",
    "change_password": "handover.members.forms.ChangePassword",
    "set_password": "handover.members.forms.SetPassword",
    "reset_password": "handover.members.forms.ForgottenPassword",
    "reset_password_from_key": "handover.members.forms.NewPassword",
    "reauthenticate": "handover.members.forms.Confirm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*", "password2*"]
ACCOUNT_SESSION_REMEMBER = True
# Nobody is kept out for want of a verified address; what an address is used for asks whether it is verified.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
# An address that is not verified is nobody's yet: several accounts may name it. Whom it keeps out, joining.py says.
ACCOUNT_PREVENT_ENUMERATION = "strict"
# Before an address, a second factor or a connected sign-in is changed, the password is asked for again.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# `ip` is a whole organisation where it sits behind one address; `key` is the name or address that is tried.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "30/m/ip,5/5m/key", "reset_password": "20/m/ip,5/h/key"}
SOCIALACCOUNT_ADAPTER = "handover.members.joining.Joining"
SOCIALACCOUNT_FORMS = {"disconnect": "handover.members.forms.Disconnect"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
MFA_ADAPTER = "handover.members.second_factor.SecondFactor"
MFA_FORMS = {
    "authenticate": "handover.members.forms.SecondFactorCode",
    "reauthenticate": "handover.members.forms.SecondFactorConfirm",
    "activate_totp": "handover.members.forms.ActivateApp",
}
MFA_TOTP_ISSUER = "Handover"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Sign-up is closed: nobody can take an address of somebody else's and lock it with a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
