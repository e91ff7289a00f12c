"""What GitHub means when it does not answer 2xx."""

import time

import httpx
import msgspec

from handover.forges.forge import ForgeCredential, ForgeError, ForgeRefused, ForgeUnavailable, missing
from handover.forges.github_bodies import Problem, Refusal

# The hourly allowance may be an hour away; further than that a header is wrong.
LONGEST_WAIT = 3600.0
LONGEST_REASON = 500


def judged(response: httpx.Response, *, host: str, about: str) -> httpx.Response:
    """The response, where it is a success; else raises what it means. `about` is what was asked for."""
    if response.is_success:
        return response
    raise _meaning(response, host=host, about=about)


def _meaning(response: httpx.Response, *, host: str, about: str) -> ForgeError:
    status = response.status_code
    reason = _reason(response)
    if status == 401:
        return ForgeCredential(f"{host} does not accept the token: {reason}", status=status)
    if status == 429 or (status == 403 and _is_rate_limit(response, reason)):
        return ForgeUnavailable(f"{host} asks us to slow down: {reason}", retry_after=_wait(response))
    if status in (404, 410):
        return missing(path=about, host=host)
    if status >= 500:
        return ForgeUnavailable(f"{host} has a problem of its own (status {status}).", retry_after=_wait(response))
    if "x-github-sso" in response.headers:
        return ForgeRefused(
            f"{host} wants this token authorised for the organisation's single sign-on first.", status=status
        )
    return ForgeRefused(f"{host} refuses (status {status}): {reason}", status=status)


def _is_rate_limit(response: httpx.Response, reason: str) -> bool:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit"""
    spent = response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers
    return spent or "rate limit" in reason.lower()


def _wait(response: httpx.Response) -> float:
    after, reset = response.headers.get("retry-after", ""), response.headers.get("x-ratelimit-reset", "")
    if after.isdecimal():
        return min(float(after), LONGEST_WAIT)
    return min(max(float(reset) - time.time(), 0.0), LONGEST_WAIT) if reset.isdecimal() else 0.0


def _reason(response: httpx.Response) -> str:
    try:
        refusal = msgspec.json.decode(response.content, type=Refusal)
    except msgspec.MsgspecError:
        return f"status {response.status_code}, with no reason given."
    details = [_detail(problem) for problem in refusal.errors]
    return " ".join([refusal.message.rstrip(".") + ".", *filter(None, details)])[:LONGEST_REASON]


def _detail(problem: Problem | str) -> str:
    if isinstance(problem, str):
        return problem
    return problem.message or f"{problem.field} {problem.code}".strip()
