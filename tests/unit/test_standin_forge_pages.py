"""The stand-in forge's pages."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from standins.forge import StandInForge, markup
from standins.forge.cast import LINKED, WEB_APP, acme
from standins.forge.records import Unknown
from standins.forge.repositories import Conflict
from tests.unit.forge_stage import on_stage

BRANCH = "feature/PAY-1-total"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def forge(tmp_path: Path) -> StandInForge:
    made = StandInForge(tmp_path)
    acme(made)
    return made


@pytest.fixture
def pages(forge: StandInForge) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=on_stage(forge)) as client:
        yield client


def propose(forge: StandInForge, *, title: str = "PAY-1: Total", body: str = "Done.", text: str = "fixed\n") -> None:
    forge.commit(WEB_APP, BRANCH, {"shop/cart.py": text}, subject="PAY-1: Count quantities")
    repository, lina = forge.find(WEB_APP), forge.user_of(forge.token_for(LINKED))
    assert repository
    assert lina
    forge.propose(repository, lina, head=BRANCH, base="main", title=title, body=body)


def test_the_list(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    forge.archive("Acme/api")
    text = pages.get("/").text
    assert (
        text.index("Acme/api")
        < text.index("archived")
        < text.index("Acme/web-app")
        < text.index("1 open pull request<")
    )


def test_a_repository(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    text = pages.get(f"/{WEB_APP}").text
    for part in (BRANCH, "main", "PAY-1: Total", "#1 by Lina Linde", f"{WEB_APP}.git", "Begin"):
        assert part in text


def test_an_empty_repository(forge: StandInForge, pages: httpx.Client) -> None:
    forge.repository("Acme/empty", {})
    assert pages.get("/Acme/empty").status_code == 200


def test_a_pull_request_with_its_diff(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge, body="- **counts**\n- see [the issue](https://jira.acme.example/browse/PAY-1)")
    text = pages.get(f"/{WEB_APP}/pull/1").text
    for part in ("PAY-1: Count quantities", "<strong>counts</strong>", 'href="https://jira.acme.example/browse/PAY-1"'):
        assert part in text
    assert '<span class="added">+fixed</span>' in text
    assert '<span class="deleted">-class Cart:</span>' in text
    assert "1 changed file" in text


def test_what_others_wrote_is_shown_and_never_run(forge: StandInForge, pages: httpx.Client) -> None:
    propose(
        forge,
        title=EVIL,
        body=f"{EVIL}\n\n<img src=x>\n\n[x](javascript:alert(1)) ![y](https://evil.example/y)",
        text=EVIL,
    )
    answer = pages.get(f"/{WEB_APP}/pull/1")
    for part in ("<script", "<img", 'javascript:alert(1)"', 'evil.example/y"'):
        assert part not in answer.text
    assert answer.text.count("&lt;script&gt;") >= 3
    assert "default-src 'none'" in answer.headers["content-security-policy"]


LINKS = [
    "[x](javascript:alert(1))",
    "[x](data:text/html,x)",
    "<javascript:alert(1)>",
    "[x](//evil.example)",
    '[x](http://a"onclick=y)',
]


@pytest.mark.parametrize("markdown", LINKS)
def test_only_the_web_is_linked_to(markdown: str) -> None:
    html = markup.text(markdown)
    assert "href" not in html or 'href="http://a&quot;onclick=y"' in html or "%22onclick" in html


def test_merged_by_its_button(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    answer = pages.post(f"/{WEB_APP}/pull/1/merge", headers={"Origin": str(pages.base_url).rstrip("/")})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{WEB_APP}/pull/1")
    assert forge.pull_request(WEB_APP, 1).standing == "merged"
    assert forge.file(WEB_APP, "main", "shop/cart.py") == "fixed\n"
    text = pages.get(f"/{WEB_APP}/pull/1").text
    assert "merged" in text
    assert '<span class="added">+fixed</span>' in text
    assert "<button" not in text


def test_closed_by_its_button(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    pages.post(f"/{WEB_APP}/pull/1/close")
    assert forge.pull_request(WEB_APP, 1).standing == "closed"
    pages.post(f"/{WEB_APP}/pull/1/merge")
    assert forge.pull_request(WEB_APP, 1).standing == "closed"


def test_branches_that_contradict_each_other(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    forge.commit(WEB_APP, "main", {"shop/cart.py": "else\n"})
    assert "contradict each other" in pages.post(f"/{WEB_APP}/pull/1/merge").text
    assert forge.pull_request(WEB_APP, 1).state == "open"
    with pytest.raises(Conflict):
        forge.merge(WEB_APP, 1)


def test_a_form_from_elsewhere_is_refused(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    answer = pages.post(f"/{WEB_APP}/pull/1/merge", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert forge.pull_request(WEB_APP, 1).state == "open"


@pytest.mark.parametrize("path", ["/Acme/nothing", f"/{WEB_APP}/pull/7", "/Acme/nothing/pull/1"])
def test_what_is_not_there(pages: httpx.Client, path: str) -> None:
    assert pages.get(path).status_code == 404


@pytest.mark.parametrize("deed", ["merge", "delete"])
def test_deeds_on_what_is_not_there(forge: StandInForge, pages: httpx.Client, deed: str) -> None:
    propose(forge)
    assert pages.post(f"/{WEB_APP}/pull/7/{deed}").status_code == 404
    if deed == "delete":
        assert pages.post(f"/{WEB_APP}/pull/1/delete").status_code == 404


def test_what_is_unknown_is_said_to_tests(forge: StandInForge) -> None:
    with pytest.raises(Unknown):
        forge.branches("Acme/nothing")
    with pytest.raises(Unknown):
        forge.pull_request(WEB_APP, 1)


def test_pages_bring_all_that_they_need(forge: StandInForge, pages: httpx.Client) -> None:
    propose(forge)
    style = pages.get("/forge.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in style.text
    assert "url(" not in style.text
    text = pages.get(f"/{WEB_APP}/pull/1").text
    assert 'name="viewport"' in text
    assert "//" not in text.replace(str(pages.base_url), "")
