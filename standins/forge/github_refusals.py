"""How GitHub says no."""

from starlette.responses import JSONResponse

DOCUMENTS = "https://docs.github.com/enterprise-server@3.19/rest"


class Refused(Exception):
    """An answer that is no success; `problems` are GitHub's `errors`."""

    def __init__(self, status: int, message: str, *, problems: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = problems


def refused(refusal: Refused) -> JSONResponse:
    """In GitHub's shape."""
    body: dict[str, object] = {"message": refusal.message}
    if refusal.problems is not None:
        body["errors"] = refusal.problems
    body |= {"documentation_url": DOCUMENTS, "status": str(refusal.status)}
    return JSONResponse(body, refusal.status)


def not_found() -> Refused:
    """For what is missing and for what may not be seen, alike."""
    return Refused(404, "Not Found")


def invalid(*, field: str = "", code: str, message: str = "") -> Refused:
    """A pull request that cannot be."""
    told = {"resource": "PullRequest", "field": field, "code": code, "message": message}
    return Refused(422, "Validation Failed", problems=[{name: value for name, value in told.items() if value}])
