"""The stand-in forge's answers, held against GitHub's own description of its API."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from standins.forge import StandInForge
from standins.forge.cast import API, ATTACKER, LINKED, WEB_APP, WITHOUT_ACCOUNT, acme
from tests.unit.forge_stage import on_stage

DESCRIPTION = Path(__file__).resolve().parents[2] / "var" / "github-openapi.json"
BRANCH = "feature/PAY-1-total"


def _is_address(value: object) -> bool:
    parts = urlsplit(str(value))
    return parts.scheme in ("http", "https", "git") and bool(parts.hostname) and " " not in str(value)


oas30_format_checker.checks("uri")(_is_address)


class Description:
    """GitHub's OpenAPI description, cut to what we use."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            pytest.fail("GitHub's API description is not there. Run: .venv/bin/python scripts/github_openapi.py")
        self._document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        self._registry: Registry[Any] = Registry().with_resource("urn:github", DRAFT4.create_resource(self._document))

    def check_answer(self, response: httpx.Response, path: str) -> None:
        """Status, kind and shape of an answer of the operation at `path`."""
        pointer = (
            f"#/paths/{path.replace('/', '~1')}/{response.request.method.lower()}/responses/{response.status_code}"
        )
        described = self._at(pointer)
        # GitHub documents a missing sign-in for few of its calls; the shape is the same everywhere.
        if described is None and response.status_code in (400, 401, 404):
            self.check(response.json(), "#/components/schemas/basic-error")
            return
        assert described is not None, f"GitHub describes no {pointer}"
        name = f"{described.get('$ref', pointer)}/content/application~1json/schema"
        self.check(response.json(), self._meant(name, response.json()))

    def check_wish(self, body: object, path: str, verb: str = "post") -> None:
        """The body of a request to the operation at `path`."""
        escaped = path.replace("/", "~1")
        self.check(body, f"#/paths/{escaped}/{verb}/requestBody/content/application~1json/schema")

    def check_request(self, request: httpx.Request, path: str) -> None:
        """Method, query and body of a request to the operation at `path`."""
        operation = self._at(f"#/paths/{path.replace('/', '~1')}/{request.method.lower()}")
        assert operation is not None, f"GitHub describes no {request.method} {path}"
        known = [self._at(one["$ref"]) if "$ref" in one else one for one in operation.get("parameters", [])]
        described = {one["name"]: one["schema"] for one in known if one["in"] == "query"}
        for name, value in request.url.params.items():
            assert name in described, f"GitHub describes no {name} for {path}"
            assert value in described[name].get("enum", [value])
        if request.content:
            self.check_wish(json.loads(request.content), path, request.method.lower())

    def check(self, value: object, pointer: str) -> None:
        """Fails with the first difference."""
        schema = {"$ref": f"urn:github{pointer}"}
        validator = OAS30Validator(schema, registry=self._registry, format_checker=oas30_format_checker)
        problems = [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in validator.iter_errors(value)
        ]
        assert problems == []

    def _meant(self, pointer: str, value: Any) -> str:
        """Where the value itself says which of several schemas it follows, that one."""
        choice = self._at(pointer).get("discriminator")
        return str(choice["mapping"][value[choice["propertyName"]]]) if choice else pointer

    def _at(self, pointer: str) -> Any:
        place: Any = self._document
        for name in pointer.removeprefix("#/").split("/"):
            place = place.get(name.replace("~1", "/").replace("~0", "~")) if place is not None else None
        return place


@pytest.fixture(scope="module")
def github() -> Description:
    return Description(DESCRIPTION)


@pytest.fixture
def forge(tmp_path: Path) -> StandInForge:
    made = StandInForge(tmp_path)
    acme(made)
    made.commit(WEB_APP, BRANCH, {"shop/cart.py": "fixed = True\n"})
    return made


@pytest.fixture
def url(forge: StandInForge) -> str:
    return f"{on_stage(forge)}/api/v3"


def client(forge: StandInForge, url: str, login: str = LINKED) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {forge.token_for(login)}"})


WISH = {"title": "PAY-1: Total", "head": BRANCH, "base": "main", "body": "Done.", "draft": False}
REPOSITORY, PULLS, PULL = (
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
)


def test_who_am_i(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url) as lina:
        answer = lina.get("/user")
        github.check_answer(answer, "/user")
        assert (answer.json()["login"], answer.json()["name"]) == (LINKED, "Lina Linde")
        addresses = lina.get("/user/emails")
        github.check_answer(addresses, "/user/emails")
        assert addresses.json()[0]["email"] == "lina.linde@acme.example"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
def test_without_a_good_token(url: str, github: Description, header: dict[str, str]) -> None:
    for path, template in (("/user", "/user"), (f"/repos/{WEB_APP}", REPOSITORY), (f"/repos/{WEB_APP}/pulls", PULLS)):
        answer = httpx.get(url + path, headers=header)
        assert answer.status_code == 401
        github.check_answer(answer, template)
        assert answer.json()["message"] in ("Bad credentials", "Requires authentication")


def test_a_revoked_token(forge: StandInForge, url: str) -> None:
    with client(forge, url) as lina:
        forge.revoke(lina.headers["Authorization"].removeprefix("Bearer "))
        assert lina.get("/user").status_code == 401


@pytest.mark.parametrize(("login", "push"), [(LINKED, True), (WITHOUT_ACCOUNT, False)])
def test_a_repository_and_what_one_may_do_there(
    forge: StandInForge, url: str, github: Description, login: str, push: bool
) -> None:
    with client(forge, url, login) as person:
        answer = person.get("/repos/acme/WEB-app")
    github.check_answer(answer, REPOSITORY)
    body = answer.json()
    assert (body["full_name"], body["default_branch"], body["archived"]) == (WEB_APP, "main", False)
    assert (body["permissions"]["pull"], body["permissions"]["push"]) == (True, push)
    assert urlsplit(body["clone_url"]).path == f"/{WEB_APP}.git"


def test_forbidden_is_told_as_missing(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url, ATTACKER) as mallory:
        forbidden, missing = mallory.get(f"/repos/{WEB_APP}"), mallory.get("/repos/Acme/nothing")
    github.check_answer(forbidden, REPOSITORY)
    assert (
        (forbidden.status_code, forbidden.content) == (missing.status_code, missing.content) == (404, missing.content)
    )


def test_an_archived_repository_still_shows_the_right_to_push(
    forge: StandInForge, url: str, github: Description
) -> None:
    forge.archive(WEB_APP)
    with client(forge, url) as lina:
        answer = lina.get(f"/repos/{WEB_APP}")
        refused = lina.post(f"/repos/{WEB_APP}/pulls", json=WISH)
    github.check_answer(answer, REPOSITORY)
    assert (answer.json()["archived"], answer.json()["permissions"]["push"]) == (True, True)
    assert refused.status_code == 403
    github.check_answer(refused, PULLS)


def test_a_renamed_repository_sends_on_by_number(forge: StandInForge, url: str, github: Description) -> None:
    forge.rename(WEB_APP, "Acme/shop")
    with client(forge, url) as lina:
        moved = lina.get(f"/repos/{WEB_APP}")
        github.check_answer(moved, REPOSITORY)
        assert moved.status_code == 301
        followed = lina.get(moved.headers["location"])
    github.check(followed.json(), "#/components/schemas/full-repository")
    assert followed.json()["full_name"] == "Acme/shop"
    with client(forge, url, ATTACKER) as mallory:
        assert mallory.get(f"/repos/{WEB_APP}").status_code == 404
        assert mallory.get(moved.headers["location"]).status_code == 404


def test_the_life_of_a_pull_request(forge: StandInForge, url: str, github: Description) -> None:
    github.check_wish(WISH, PULLS)
    with client(forge, url) as lina:
        made = lina.post(f"/repos/{WEB_APP}/pulls", json=WISH)
        assert made.status_code == 201
        github.check_answer(made, PULLS)
        one = lina.get(f"/repos/{WEB_APP}/pulls/1")
        github.check_answer(one, PULL)
        assert (one.json()["state"], one.json()["commits"], one.json()["changed_files"]) == ("open", 1, 1)
        forge.merge(WEB_APP, 1)
        merged = lina.get(f"/repos/{WEB_APP}/pulls/1")
        github.check_answer(merged, PULL)
    assert (merged.json()["state"], merged.json()["merged"]) == ("closed", True)
    assert merged.json()["merge_commit_sha"] == forge.commits(WEB_APP, "main")[0].id
    assert forge.file(WEB_APP, "main", "shop/cart.py") == "fixed = True\n"


def test_a_closed_pull_request(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url) as lina:
        lina.post(f"/repos/{WEB_APP}/pulls", json={**WISH, "draft": True})
        forge.close(WEB_APP, 1)
        closed = lina.get(f"/repos/{WEB_APP}/pulls/1")
        again = lina.post(f"/repos/{WEB_APP}/pulls", json=WISH)
    github.check_answer(closed, PULL)
    assert (closed.json()["state"], closed.json()["merged_at"], closed.json()["draft"]) == ("closed", None, True)
    assert again.json()["number"] == 2


def test_the_list_of_pull_requests(forge: StandInForge, url: str, github: Description) -> None:
    forge.commit(WEB_APP, "other", {"other.txt": "x"})
    with client(forge, url) as lina:
        for head in (BRANCH, "other"):
            lina.post(f"/repos/{WEB_APP}/pulls", json={**WISH, "head": head})
        forge.close(WEB_APP, 1)

        def listed(**query: str) -> list[int]:
            answer = lina.get(f"/repos/{WEB_APP}/pulls", params=query)
            github.check_answer(answer, PULLS)
            return [pull["number"] for pull in answer.json()]

        assert listed() == [2]
        assert listed(state="closed") == [1]
        assert listed(state="all") == [2, 1]
        assert listed(state="all", per_page="1", page="2") == [1]
        assert listed(state="all", head=f"Acme:{BRANCH}") == [1]
        assert listed(state="all", head=f"acme:{BRANCH}", base="main") == [1]
        assert listed(state="all", head=f"Acme:{BRANCH}", base="other") == []
        assert listed(state="all", head=BRANCH) == [2, 1], "without an owner the filter is ignored"


def test_the_same_pull_request_twice(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url) as lina:
        lina.post(f"/repos/{WEB_APP}/pulls", json=WISH)
        again = lina.post(f"/repos/{WEB_APP}/pulls", json=WISH)
    assert again.status_code == 422
    github.check_answer(again, PULLS)
    assert again.json()["errors"][0]["message"] == f"A pull request already exists for Acme:{BRANCH}."


INVALID = {
    "no commits": ({"head": "main"}, {"code": "custom", "message": "No commits between main and main"}),
    "no such head": ({"head": "nothing"}, {"code": "invalid", "field": "head"}),
    "no such base": ({"base": "nothing"}, {"code": "invalid", "field": "base"}),
    "no head": ({"head": ""}, {"code": "missing_field", "field": "head"}),
    "no title": ({"title": ""}, {"code": "missing_field", "field": "title"}),
    "too long a title": ({"title": "x" * 257}, {"code": "invalid", "field": "title"}),
}


@pytest.mark.parametrize(("change", "problem"), INVALID.values(), ids=INVALID)
def test_an_invalid_pull_request(
    forge: StandInForge, url: str, github: Description, change: dict[str, str], problem: dict[str, str]
) -> None:
    with client(forge, url) as lina:
        answer = lina.post(f"/repos/{WEB_APP}/pulls", json={**WISH, **change})
    assert answer.status_code == 422
    github.check_answer(answer, PULLS)
    assert answer.json()["errors"] == [{"resource": "PullRequest", **problem}]
    assert forge.pull_requests(WEB_APP) == []


def test_who_may_only_read_proposes_nothing(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url, WITHOUT_ACCOUNT) as olga:
        answer = olga.post(f"/repos/{WEB_APP}/pulls", json=WISH)
    assert answer.status_code == 403
    github.check_answer(answer, PULLS)


def test_what_is_not_json(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url) as lina:
        for body in (b"", b"{", b"[]"):
            answer = lina.post(f"/repos/{WEB_APP}/pulls", content=body)
            assert answer.status_code == 400
            github.check_answer(answer, PULLS)


def test_a_missing_pull_request(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url) as lina:
        answer = lina.get(f"/repos/{WEB_APP}/pulls/7")
    assert answer.status_code == 404
    github.check_answer(answer, PULL)


@pytest.mark.parametrize(("verb", "path"), [("GET", "/orgs/Acme"), ("DELETE", f"/repos/{WEB_APP}"), ("PUT", "/user")])
def test_what_it_does_not_know_it_refuses(forge: StandInForge, url: str, verb: str, path: str) -> None:
    with client(forge, url) as lina:
        answer = lina.request(verb, path)
    assert answer.status_code in (404, 405)


def test_the_description_notices_what_is_missing_or_wrong(forge: StandInForge, url: str, github: Description) -> None:
    with client(forge, url) as lina:
        body = lina.get(f"/repos/{WEB_APP}").json()
    wrongs: list[dict[str, object]] = [
        {"html_url": "no address"},
        {"archived": None},
        {"owner": {}},
        {"created_at": "today"},
        {"permissions": {"pull": True}},
    ]
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            github.check({**body, **wrong}, "#/components/schemas/full-repository")
    del body["default_branch"]
    with pytest.raises(AssertionError, match="default_branch"):
        github.check(body, "#/components/schemas/full-repository")


def test_every_request_is_on_record(forge: StandInForge, url: str) -> None:
    with client(forge, url) as lina:
        lina.get(f"/repos/{API}")
        httpx.get(f"{url}/user")
        forge.faults.add(path="/user$", status=503)
        lina.get("/user")
    assert [(one.method, one.path, one.user, one.status) for one in forge.requests] == [
        ("GET", f"/api/v3/repos/{API}", LINKED, 200),
        ("GET", "/api/v3/user", "", 401),
        ("GET", "/api/v3/user", "", 503),
    ]
