"""What every page answers with, and what a form says."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from standins.jira.signin import same_origin

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self' {form_leads_to};"
    " base-uri 'none'; frame-ancestors 'none'"
)
MOST_FORM_BYTES = 400_000
Form = dict[str, str]


def answered(text: str, status: int = 200, *, form_leads_to: str = "") -> Response:
    """A page. Its forms may lead to this host alone, and to `form_leads_to`."""
    policy = POLICY.format(form_leads_to=form_leads_to).replace(" ;", ";")
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(text, status_code=status, headers=headers)


async def form_of(request: Request) -> Form | None:
    """What a form says; None where another site's page sent it, or where it is far too long."""
    if same_origin(request.headers) is False:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM_BYTES:
            return None
    return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=20))
