"""Code in wiki markup, every character of it as it was."""

import re
from dataclasses import dataclass, field

from handover.jira.escaping import escaped

# What Jira's {code} knows; any other name makes an error of the whole block.
KNOWN = """
    actionscript ada applescript bash c c# c++ cpp css erlang go groovy haskell html java javascript js json lua none
    nyan objc perl php python r rainbow ruby scala sh sql swift visualbasic xml yaml
""".split()  # noqa: SIM905
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
    "sh": "bash",
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
TAG = re.compile(r"\{(code|noformat)", re.IGNORECASE)


@dataclass
class _Part:
    """Lines that fit into one block, and Jira's tags for code that they hold."""

    lines: list[str] = field(default_factory=list)
    tags: frozenset[str] = frozenset()

    def wiki(self, info: str) -> str:
        text = "\n".join(self.lines)
        if len(self.tags) == 2:
            return f"{{{{{escaped(text)}}}}}"
        if "code" in self.tags:
            return f"{{noformat}}\n{text}\n{{noformat}}"
        language = language_of(info)
        return f"{{code{':' if language else ''}{language}}}\n{text}\n{{code}}"


def language_of(info: str) -> str:
    """Jira's name for the language of a fence; "" where it knows none."""
    words = info.strip().strip("{}").lstrip(".").split()
    name = words[0].lower().rstrip(",;") if words else ""
    name = ALSO.get(name, name)
    return name if name in KNOWN else ""


def block(text: str, info: str) -> str:
    """The code as a block; as several where it holds Jira's own tags for code, which end a block of their name."""
    return "\n".join(part.wiki(info) for part in _parts(text.removesuffix("\n").split("\n")))


def _parts(lines: list[str]) -> list[_Part]:
    parts = [_Part()]
    for line in lines:
        tags = frozenset(tag.lower() for tag in TAG.findall(line))
        if parts[-1].lines and len(parts[-1].tags | tags) == 2:
            parts.append(_Part())
        parts[-1].lines.append(line)
        parts[-1].tags |= tags
    return parts
