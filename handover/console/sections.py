"""The sections of the Admin Console."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from handover.configuration.declared import ORDER, kind_of


@dataclass(frozen=True)
class Section:
    """A page of the console."""

    title: str
    url: str
    here: bool = False


def sections(request: HttpRequest) -> list[Section]:
    """All of them, in the order of their setting up."""
    groups = [(kind_of(name).title, reverse("console-group", args=[slug_of(name)])) for name in ORDER]
    others = [("People", reverse("people")), ("Doctor", reverse("doctor")), ("History", reverse("console-history"))]
    pages = [("Overview", reverse("console")), *groups, *others]
    return [
        Section(title, url, here=url != reverse("console") and request.path.startswith(url)) for title, url in pages
    ]


def context(request: HttpRequest) -> dict[str, object]:
    """For every page: the sections on the pages of the console, and nothing elsewhere."""
    return {"sections": sections(request)} if request.path.startswith(reverse("console")) else {}


def slug_of(name: str) -> str:
    """The group's name as it stands in an address."""
    return name.replace("_", "-")


def group_of(slug: str) -> str | None:
    """The group of this address; None where there is none."""
    return next((name for name in ORDER if slug_of(name) == slug), None)
