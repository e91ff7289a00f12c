"""What an application may ask of GitHub in its own name.

https://docs.github.com/en/enterprise-server@3.19/rest/apps/oauth-applications#delete-an-app-token
"""

import base64
import binascii
import json
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from standins.forge.github_refusals import Refused

if TYPE_CHECKING:
    from standins.forge.forge import StandInForge


def forget_token(forge: "StandInForge", request: Request) -> Response:
    """Forget a token that this application was given."""
    client_id = request.path_params["client_id"]
    name, secret = _basic(request)
    application = forge.applications.find(client_id)
    if application is None or name != client_id or not application.has_secret(secret):
        raise Refused(401, "Bad credentials")
    raw = _wished(request)
    found = forge.tokens.find(raw)
    if found is None or found.client_id != client_id:
        raise Refused(422, "Validation Failed")
    forge.revoke(raw)
    return Response(status_code=204)


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (name, secret) if scheme.lower() == "basic" else ("", "")


def _wished(request: Request) -> str:
    try:
        wish = json.loads(request.state.body)
    except ValueError:
        wish = None
    raw = wish.get("access_token") if isinstance(wish, dict) else None
    if not isinstance(raw, str) or not raw:
        raise Refused(422, "Validation Failed")
    return raw
