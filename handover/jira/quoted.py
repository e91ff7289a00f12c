"""Which parts of a wiki text are code or somebody else's words: nothing in them asks for anything."""

import re
from bisect import bisect_right

# Escaped characters are passed over, so that \{code} opens nothing.
TAG = re.compile(r"\\.|\{(code|noformat|quote)(:[^{}\n]{0,500})?\}", re.ASCII | re.IGNORECASE | re.DOTALL)
QUOTED_LINE = re.compile(r"^[ \t]*bq\.[ \t][^\n]*", re.MULTILINE)

Span = tuple[int, int]


class Quoted:
    """The parts of one text. Asking about a place takes time that grows with the logarithm of their number."""

    def __init__(self, text: str) -> None:
        tags = [tag for tag in TAG.finditer(text) if tag.group(1)]
        code = _code(tags)
        quotes = _quotes([tag for tag in tags if not _within(code, tag.start())])
        lines = [line.span() for line in QUOTED_LINE.finditer(text)] if "bq." in text else []
        self._spans = _merged([*code, *quotes, *lines])

        self._text = text

    def __contains__(self, place: int) -> bool:
        return _within(self._spans, place)

    def left_out(self) -> str:
        """The text without these parts; an empty line stands for each."""
        parts: list[str] = []
        end = 0
        for start, after in self._spans:
            parts.append(self._text[end:start])
            end = after
        return "\n\n".join([*parts, self._text[end:]])


def _code(tags: list[re.Match[str]]) -> list[Span]:
    """From each {code} or {noformat} to the next of its name. One that is never closed is only text."""
    closers = _next_closers(tags)
    spans: list[Span] = []
    at = 0
    while at < len(tags):
        closer = closers[at]
        if closer is None:
            at += 1
            continue
        spans.append((tags[at].start(), tags[closer].end()))
        at = closer + 1
    return spans


def _next_closers(tags: list[re.Match[str]]) -> list[int | None]:
    """For each tag the index of the next one that would close it; None for quotes and where there is none."""
    closers: list[int | None] = []
    coming: dict[str, int] = {}
    for at in range(len(tags) - 1, -1, -1):
        name = tags[at].group(1).lower()
        closers.append(None if name == "quote" else coming.get(name))
        # Only an opening tag has parameters.
        if not tags[at].group(2):
            coming[name] = at
    return closers[::-1]


def _quotes(tags: list[re.Match[str]]) -> list[Span]:
    marks = [tag for tag in tags if tag.group(1).lower() == "quote"]
    return [(first.start(), last.end()) for first, last in zip(marks[::2], marks[1::2], strict=False)]


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _within(spans: list[Span], place: int) -> bool:
    """Whether one of the spans, sorted and apart, holds the place."""
    at = bisect_right(spans, (place, float("inf"))) - 1
    return at >= 0 and spans[at][0] <= place < spans[at][1]
