"""Every pair of text and ground in the stylesheet can be read: WCAG 2.2 AA, 4.5 to 1; edges and focus 3 to 1."""

import re

import pytest
from django.conf import settings

STYLES = (settings.BASE_DIR / "handover" / "static" / "handover.css").read_text(encoding="utf-8")
TONES = ("live", "good", "care", "bad", "quiet")
TEXT_ON_GROUND = [
    *((text, ground) for text in ("text", "muted", "accent") for ground in ("ground", "card", "sunk")),
    *((tone, f"{tone}-ground") for tone in TONES),
    *((tone, ground) for tone in ("bad", "live", "good", "care") for ground in ("ground", "card")),
    ("accent-text", "accent"),
    ("alarm-text", "alarm"),
]
EDGE_ON_GROUND = [(edge, ground) for edge in ("edge", "focus") for ground in ("ground", "card", "sunk")]


def colours_of(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLES, re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found if scheme == "light" else {**found, **dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))}


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_edges_stand_out(scheme: str) -> None:
    colours = colours_of(scheme)
    pairs = [(*pair, 4.5) for pair in TEXT_ON_GROUND] + [(*pair, 3.0) for pair in EDGE_ON_GROUND]
    weak = [(one, other) for one, other, least in pairs if contrast(colours[one], colours[other]) < least]
    assert weak == []


def test_the_stylesheet_stays_small() -> None:
    assert len(STYLES.splitlines()) < 300
