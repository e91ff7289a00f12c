"""Names of files that mean something else somewhere: to a file system, to Git or to a reader."""

import re
import unicodedata

LONGEST_NAME = 255
LONGEST_PATH = 1024
# HFS+ leaves these out when it compares names; git's utf8.c has the same list.
_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
# NTFS ends a name at a colon, leaves out dots and blanks at its end, and knows short names.
_GIT_FOLDER = re.compile(r"\.git|git~\d+")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def plain(path: str) -> str:
    """As a file system that forgives much would read it: for comparing only."""
    return "/".join(_plain(name) for name in path.split("/"))


def shown(raw: bytes) -> str:
    """A path for people: what is not printable UTF-8 is written as an escape."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(sign if unicodedata.category(sign) not in _UNSEEN else f"\\u{ord(sign):04x}" for sign in text)


def is_hostile(path: str) -> bool:
    """Whether the path, decoded with surrogateescape, would be or look like another one somewhere."""
    names = path.split("/")
    return len(path) > LONGEST_PATH or any(_is_hostile(name) for name in names)


def is_git_folder(name: str) -> bool:
    """Whether some file system would take the name for `.git`."""
    return _GIT_FOLDER.fullmatch(_plain(name)) is not None


def _is_hostile(name: str) -> bool:
    if name in ("", ".", "..") or "\\" in name or len(name) > LONGEST_NAME:
        return True
    return is_git_folder(name) or any(_misleads(sign) for sign in name)


def _misleads(sign: str) -> bool:
    # A surrogate stands for a byte that is no UTF-8: unusual, but it hides nothing.
    return (
        unicodedata.category(sign) in ("Cc", "Zl", "Zp")
        or _IGNORED.match(sign) is not None
        or "\u2066" <= sign <= "\u2069"
    )


def _plain(name: str) -> str:
    visible = _IGNORED.sub("", unicodedata.normalize("NFKC", name)).partition(":")[0]
    return visible.rstrip(". ").casefold()
