"""Markdown into Jira's wiki markup.

What a text says stays readable; no macro, mention or image comes out that is not of this module's own making.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from handover.jira import code
from handover.jira.escaping import plain, whole
from handover.jira.fitting import CUT, cut_at_line, fits
from handover.jira.inline import inline
from handover.lib import markdown

__all__ = ["fits", "plain", "to_wiki"]

# More than a Jira takes (32,767 by default). The most hostile text of this length takes some two seconds.
MOST_CHARACTERS = 100_000


@dataclass
class Node:
    """A block and the blocks in it."""

    token: Token
    children: list["Node"] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a block stands: the marks of the lists around it, and whether it is quoted."""

    bullets: str = ""
    quoted: bool = False

    @property
    def between(self) -> str:
        """An empty line would end a list."""
        return "\n" if self.bullets else "\n\n"


def to_wiki(written: str) -> str:
    """The wiki markup of any Markdown. A text over MOST_CHARACTERS is cut, and says so."""
    text = whole(written)
    if len(text) > MOST_CHARACTERS:
        return f"{to_wiki(cut_at_line(text, MOST_CHARACTERS))}\n\n{CUT}"
    tokens = _parser(*markdown.rules(text)).parse(text)
    if markdown.too_deep(tokens):
        return plain(text)
    return _blocks(_tree(tokens), Place())


@cache
def _parser(*rules: str) -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": markdown.DEEPEST}).enable(rules)


def _tree(tokens: Sequence[Token]) -> list[Node]:
    root = Node(Token("root", "", 0))
    path = [root]
    for token in tokens:
        if token.nesting < 0:
            path.pop()
            continue
        node = Node(token)
        path[-1].children.append(node)
        if token.nesting > 0:
            path.append(node)
    return root.children


def _blocks(nodes: Sequence[Node], place: Place) -> str:
    return place.between.join(wiki for node in nodes if (wiki := _block(node, place)))


def _block(node: Node, place: Place) -> str:
    token = node.token
    match token.type.removesuffix("_open"):
        case "inline":
            wiki = inline(token.children or [])
        case "heading":
            wiki = _heading(node, place)
        case "fence" | "code_block":
            wiki = code.block(token.content, token.info)
        case "hr":
            wiki = "" if place.bullets else "----"
        case "blockquote":
            wiki = _quote(node, place)
        case "bullet_list" | "ordered_list":
            wiki = _list(node, place)
        case "table":
            wiki = "\n".join(_rows(node))
        case _:
            wiki = _blocks(node.children, place)
    return wiki


def _heading(node: Node, place: Place) -> str:
    words = _line(node)
    # Within a list Jira knows no headings.
    return words if place.bullets or not words else f"{node.token.tag}. {words}"


def _quote(node: Node, place: Place) -> str:
    inner = _blocks(node.children, replace(place, quoted=True))
    # One quotation cannot stand in another, and code that speaks of quotations would end one.
    if place.quoted or not inner or _speaks_of_quotes(node):
        return inner
    return f"{{quote}}\n{inner}\n{{quote}}"


def _speaks_of_quotes(node: Node) -> bool:
    return "{quote" in node.token.content.lower() or any(_speaks_of_quotes(child) for child in node.children)


def _list(node: Node, place: Place) -> str:
    bullet = "*" if node.token.type.startswith("bullet") else "#"
    inside = replace(place, bullets=place.bullets + bullet)
    return "\n".join(wiki for item in node.children if (wiki := _item(item, inside)))


def _item(item: Node, place: Place) -> str:
    begins_with_list = item.children and item.children[0].token.type.endswith("_list_open")
    wiki = _blocks(item.children, place)
    return wiki if begins_with_list or not wiki else f"{place.bullets} {wiki}"


def _rows(node: Node) -> Iterator[str]:
    for row in (row for part in node.children for row in part.children):
        bar = "||" if row.children and row.children[0].token.tag == "th" else "|"
        yield bar + bar.join(_line(cell) or " " for cell in row.children) + bar


def _line(node: Node) -> str:
    return inline([token for child in node.children for token in child.token.children or []], breaks=False)
