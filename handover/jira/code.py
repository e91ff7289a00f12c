"""Code in wiki markup, every character of it as it was."""

import re

# What Jira's {code} knows; any other name makes an error of the whole block.
KNOWN = frozenset(
    "actionscript ada applescript bash c c# c++ cpp css erlang go groovy haskell html java javascript js json lua none "
    "nyan objc perl php python r rainbow ruby scala sh sql swift visualbasic xml yaml".split()
)
ALSO = {
    "bat": "none",
    "console": "bash",
    "cs": "c#",
    "csharp": "c#",
    "cxx": "c++",
    "golang": "go",
    "h": "c",
    "hpp": "c++",
    "jsonc": "json",
    "jsx": "javascript",
    "mjs": "javascript",
    "objective-c": "objc",
    "pl": "perl",
    "plaintext": "none",
    "postgresql": "sql",
    "py": "python",
    "py3": "python",
    "pycon": "python",
    "python3": "python",
    "rb": "ruby",
    "sh-session": "bash",
    "shell": "bash",
    "shell-session": "bash",
    "shellscript": "bash",
    "svg": "xml",
    "text": "none",
    "ts": "javascript",
    "tsx": "javascript",
    "txt": "none",
    "typescript": "javascript",
    "vb": "visualbasic",
    "xhtml": "html",
    "yml": "yaml",
    "zsh": "bash",
}
CODE_TAG = re.compile(r"\{code", re.IGNORECASE)
NOFORMAT_TAG = re.compile(r"\{noformat", re.IGNORECASE)


def language_of(info: str) -> str:
    """Jira's name for the language of a fence; "" where it knows none."""
    words = info.strip().strip("{}").lstrip(".").split()
    name = words[0].lower().rstrip(",;") if words else ""
    name = ALSO.get(name, name)
    return name if name in KNOWN else ""


def block(text: str, info: str) -> str:
    """The code as a block, or as several where it holds Jira's own tags for code."""
    return "\n".join(_part(lines, info) for lines in _parts(text))


def _parts(text: str) -> list[list[str]]:
    """The lines in groups: no group holds both tags, but for a line of its own that does."""
    groups: list[list[str]] = [[]]
    for line in text.removesuffix("\n").split("\n"):
        if groups[-1] and _holds_both("\n".join([_tags_of(groups[-1]), line])):
            groups.append([])
        groups[-1].append(line)
    return groups


def _tags_of(lines: list[str]) -> str:
    """The tags in the first and the last line that has any: as telling as all the lines."""
    return "\n".join([lines[0], *(line for line in lines[1:] if "{" in line)][:1]) if lines else ""


def _holds_both(text: str) -> bool:
    return bool(CODE_TAG.search(text) and NOFORMAT_TAG.search(text))


def _part(lines: list[str], info: str) -> str:
    raise NotImplementedError
