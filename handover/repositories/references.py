"""Which repository a text names. Only a labelled line does: `Repository: Acme/web-app`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from handover.jira.quoted import Quoted


@dataclass(frozen=True)
class Reference:
    """A repository as written, by its path on the forge, and the branch where one is named."""

    path: str
    branch: str | None


@dataclass(frozen=True)
class Several:
    """More than one repository is named."""

    references: tuple[Reference, ...]


@dataclass(frozen=True)
class Missing:
    """No repository is named."""


# Wiki marks and Markdown's, which say nothing about the name; a backslash before a mark is only an escape.
MARKS = re.compile(r"\{color(?::[^{}\n]{0,50})?\}|\{\{|\}\}|[*`]|\\(?=[^\w\s\\])", re.ASCII)
LABEL = re.compile(
    r"(?<![\w./-])_?repo(?:s|sitory|sitories)?_?[ \t]{0,9}(?:\([^()\n]{0,40}\))?_?[ \t]{0,9}[:=]", re.IGNORECASE
)
# One segment, in ASCII alone: no look-alike letters, no options, nothing that climbs.
SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
PATH = re.compile(rf"[ \t_]{{0,9}}\[?(?P<path>{SEGMENT}/{SEGMENT})(?![\w/\\:@-]*/)")
BRANCH_NAME = r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}"
BRANCH = re.compile(
    rf"@(?P<at>{BRANCH_NAME})|[ \t,(]{{1,9}}(?:on[ \t]+)?branch[ \t]*[:=]?[ \t]*(?P<named>{BRANCH_NAME})", re.IGNORECASE
)
LINK_END = re.compile(r"\|[^\[\]\n]{0,2000}\]|\](?:\([^()\n]{0,2000}\))?")
NEXT = re.compile(r"[ \t]{0,9}(?:,|;|&|and\b|\+)")
MOST_IN_A_LINE = 20


def find(text: str) -> Reference | Several | Missing:
    """The repository that the text names. Code and quotations in it name none."""
    lines = MARKS.sub("", Quoted(text.replace("\r", "\n")).left_out()).replace("\u00a0", " ")
    found: dict[str, Reference] = {}
    for label in LABEL.finditer(lines):
        for reference in _named(lines, label.end()):
            known = found.setdefault(reference.path.lower(), reference)
            if known.branch is None:
                found[reference.path.lower()] = Reference(known.path, reference.branch)
    match tuple(found.values()):
        case ():
            return Missing()
        case (only,):
            return only
        case several:
            return Several(several)


def _named(text: str, at: int) -> Iterator[Reference]:
    """The repositories in a row after a label."""
    for _ in range(MOST_IN_A_LINE):
        found = PATH.match(text, at)
        path = _canonical(found["path"]) if found else None
        if found is None or path is None or not _ends(text, found.end()):
            return
        at = found.end()
        if end := LINK_END.match(text, at):
            at = end.end()
        branch = BRANCH.match(text, at)
        name = (branch["at"] or branch["named"]).rstrip("./") if branch else None
        yield Reference(path, name if name and ".." not in name else None)
        following = NEXT.match(text, branch.end() if branch else at)
        if following is None:
            return
        at = following.end()


def _canonical(written: str) -> str | None:
    """The path without what ends a sentence or a clone address; None where it leads nowhere."""
    path = written.rstrip(".").removesuffix(".git")
    owner, _, name = path.partition("/")
    return path if owner and name and ".." not in path else None


def _ends(text: str, at: int) -> bool:
    """Whether the name is over here, and is not the beginning of one with letters of other alphabets."""
    following = text[at : at + 1]
    return not (following.isalnum() or following in ("/", ":", "\\", "~", "%", "="))
