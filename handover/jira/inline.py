"""Markdown within a paragraph into wiki markup within a line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from handover.jira.escaping import OTHER, escaped, line_start_escaped
from handover.jira.links import link, with_bare_links

MARKS = {"strong": "*", "em": "_", "s": "-"}


@dataclass
class Piece:
    """Wiki markup. A mark that opens or closes something knows its other half; it is blank where it would not work."""

    wiki: str
    partner: "Piece | None" = None


def inline(tokens: Sequence[Token], *, breaks: bool = True) -> str:
    """The tokens of one line. `breaks` says whether line breaks may be kept."""
    pieces = list(_Line(breaks).pieces(tokens))
    _drop_idle_marks(pieces)
    lines = "".join(piece.wiki for piece in pieces).strip().split("\n")
    return "\n".join(line_start_escaped(line) for line in lines)


class _Line:
    """Walks through the tokens, and remembers what is open."""

    def __init__(self, breaks: bool) -> None:  # noqa: FBT001  it has one caller
        self._breaks = breaks
        self._open: dict[str, list[Piece | None]] = {name: [] for name in MARKS}

    def pieces(self, tokens: Sequence[Token]) -> Iterator[Piece]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end = _link_end(tokens, at) if token.type == "link_open" else at
            if end > at:
                yield Piece(link(_words(tokens[at + 1 : end]), str(token.attrGet("href") or "")))
            else:
                yield from self._piece(token, before=OTHER if at else "", after=OTHER if at + 1 < len(tokens) else "")
            at = end + 1

    def _piece(self, token: Token, *, before: str, after: str) -> Iterator[Piece]:
        name, _, end = token.type.rpartition("_")
        match token.type:
            case "text":
                yield Piece(with_bare_links(token.content, before=before, after=after))
            case "softbreak":
                yield Piece(" ")
            case "hardbreak":
                yield self._break()
            case "code_inline":
                yield from _code(token.content)
            case "image":
                yield Piece(link(token.content, str(token.attrGet("src") or "")))
            case _ if name in MARKS:
                yield self._opened(name) if end == "open" else self._closed(name)
            case _:
                yield Piece(escaped(token.content))

    def _break(self) -> Piece:
        # Nothing that Jira marks may go on over the end of a line.
        keeps = self._breaks and not any(self._open.values())
        return Piece("\n" if keeps else " ")

    def _opened(self, name: str) -> Piece:
        # Bold within bold would end it.
        piece = Piece("") if self._open[name] else Piece(MARKS[name])
        self._open[name].append(piece)
        return piece

    def _closed(self, name: str) -> Piece:
        opening = self._open[name].pop() if self._open[name] else None
        piece = Piece(opening.wiki if opening else "", opening)
        if opening:
            opening.partner = piece
        return piece


def _code(content: str) -> Iterator[Piece]:
    opening, closing = Piece("{{"), Piece("}}")
    opening.partner, closing.partner = closing, opening
    yield from (opening, Piece(escaped(content)), closing)


def _link_end(tokens: Sequence[Token], at: int) -> int:
    return next((end for end in range(at, len(tokens)) if tokens[end].type == "link_close"), at)


def _words(tokens: Sequence[Token]) -> str:
    return "".join(token.content or " " for token in tokens if token.nesting == 0)


def _drop_idle_marks(pieces: list[Piece]) -> None:
    """Blank the marks that Jira would show as they are: beside a letter, beside a space within, around nothing."""
    before = _ends_before(pieces)
    after = _ends_before([Piece(piece.wiki[::-1], piece.partner) for piece in reversed(pieces)])[::-1]
    place = {id(piece): at for at, piece in enumerate(pieces)}
    for at, piece in enumerate(pieces):
        closing = place[id(piece.partner)] if piece.partner else at
        if closing > at and not (_free(before[at]) and _free(after[closing]) and _tight(after[at], before[closing])):
            piece.wiki = pieces[closing].wiki = ""


def _ends_before(pieces: list[Piece]) -> list[str]:
    """For each piece the last character before it that belongs to no mark."""
    ends: list[str] = []
    last = ""
    for piece in pieces:
        ends.append(last)
        last = piece.wiki[-1:] if piece.wiki and piece.partner is None else last
    return ends


def _free(character: str) -> bool:
    return not character.isalnum()


def _tight(first: str, last: str) -> bool:
    return bool(first and last) and not (first.isspace() or last.isspace())
