"""Every setting, declared once. The environment gives the values; a bad one stops the start with a sentence."""

from pathlib import Path
from typing import Literal

from handover.lib import keys
from handover.lib.environment import address, amount, choice, number, secret, text

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
PUBLIC_URL = address(
    "HANDOVER_PUBLIC_URL",
    default=f"http://{HOST}:{PORT}",
    why="How Jira and people reach Handover; stands in every message.",
)
CA_FILE = text("HANDOVER_CA_FILE", why="PEM file of further certificate authorities to trust, for a private CA.")
VAULT_KEYS = secret(
    "HANDOVER_SECRET_KEYS",
    why="Keys that encrypt stored secrets, comma separated, newest first. If unset, the data folder keeps one.",
) or keys.kept(DATA / "keys" / "vault.key")

# --- What asks for work -----------------------------------------------------------------------------------------
MENTION = text("HANDOVER_MENTION", default="@openhands", why="The word in a comment that starts the agent.")
LABEL = text("HANDOVER_LABEL", default="openhands", why="The label that starts the agent.")

# --- The model --------------------------------------------------------------------------------------------------
MODEL = text(
    "LLM_MODEL",
    default="",
    why="The model's name, with its provider's prefix as OpenHands wants it, such as openai/gpt-5.",
)
MODEL_BASE_URL = address(
    "LLM_BASE_URL", default="https://api.openai.com/v1", why="Where the model is; chat completions."
)
MODEL_KEY = secret("LLM_API_KEY", why="The model's key. The gateway alone holds it; no sandbox ever sees it.")
INPUT_PRICE = amount(
    "HANDOVER_INPUT_PRICE", default="0.000003", why="Cost of one input token, in the currency of the ceiling."
)
OUTPUT_PRICE = amount("HANDOVER_OUTPUT_PRICE", default="0.000015", why="Cost of one output token.")
RUN_CEILING = amount(
    "HANDOVER_RUN_CEILING", default="5", why="The most that one run may cost; the gateway stops there."
)

# --- Agents -----------------------------------------------------------------------------------------------------
SANDBOX: Literal["bubblewrap", "none"] = choice(
    "HANDOVER_SANDBOX",
    of=("bubblewrap", "none"),
    default="bubblewrap",
    why="Where an agent runs. 'none' isolates nothing: for machines that are thrown away.",
)
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
AGENTS_AT_ONCE = number(
    "HANDOVER_AGENTS_AT_ONCE", default=4, least=1, why="How many agents work at once; further runs wait."
)
RUN_STEPS = number("HANDOVER_RUN_STEPS", default=100, least=1, why="The most steps that an agent takes in one run.")
RUN_SECONDS = number(
    "HANDOVER_RUN_SECONDS", default=3600, least=10, why="The longest that one run may take, in seconds."
)

# --- Delivering -------------------------------------------------------------------------------------------------
WORK_MEGABYTES = number("HANDOVER_WORK_MEGABYTES", default=50, least=1, why="The most that one run's change may weigh.")

# --- Django -----------------------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = keys.kept(DATA / "keys" / "signing.key")
ALLOWED_HOSTS = ["*"]  # addresses in messages come from PUBLIC_URL alone, never from a request's Host
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "handover.apps.Handover",
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
]
ROOT_URLCONF = "handover.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "handover" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
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
AUTH_USER_MODEL = "handover.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "runs"
LOGOUT_REDIRECT_URL = "sign-in"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "handover" / "static"]
WHITENOISE_USE_FINDERS = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
