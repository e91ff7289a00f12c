"""Makes docs/pictures: every page at desktop and phone width, light and dark, with invented data.

.venv/bin/python -m scripts.pictures [FOLDER]
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDTHS = {"desktop": (1200, 780), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_BYTES = 150_000
TALLEST = 1000


def main() -> None:
    """Make all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handover-pictures-") as data, _django(Path(data)):
        from scripts.pretence import pretend
        from scripts.pretence_people import pretend_people

        runs = pretend()
        outside, inside = pretend_people()
        with _served() as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    _one_look(browser, url, (outside, {**runs, **inside}), folder, width=width, scheme=scheme)
            browser.close()


@contextmanager
def _django(data: Path) -> Iterator[None]:
    """Django on a throw-away data folder, migrated."""
    os.environ["HANDOVER_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "handover.settings"
    import django
    from django.core.management import call_command

    import handover  # noqa: F401  puts the bundled SQLite in place first

    django.setup()
    call_command("migrate", verbosity=0)
    yield


@contextmanager
def _served() -> Iterator[str]:
    from django.core.asgi import get_asgi_application

    from standins.serving import Served

    with Served(get_asgi_application()) as served:
        yield served.url


def _one_look(
    browser: Browser,
    url: str,
    addresses: tuple[dict[str, str], dict[str, str]],
    folder: Path,
    *,
    width: str,
    scheme: Literal["light", "dark"],
) -> None:
    wide, high = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": wide, "height": high}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    outside, inside = addresses
    for name, address in outside.items():
        page.goto(url + address)
        _take(page, folder / f"{name}-{width}-{scheme}.png")
    _sign_in(page, url, name="newcomer")
    _take(page, folder / f"runs-empty-{width}-{scheme}.png")
    page.get_by_role("button", name="Sign out").click()
    _sign_in(page, url, name="ada")
    for name, address in inside.items():
        # "load" comes while the stream of a live run stays open.
        page.goto(url + address, wait_until="load")
        page.wait_for_timeout(400)
        _take(page, folder / f"{name}-{width}-{scheme}.png")
    # Else the next look's list of sessions would show this one's.
    page.get_by_role("button", name="Sign out", exact=True).click()
    context.close()


def _sign_in(page: Page, url: str, *, name: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("a picture of it")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Sign out").wait_for()


def _take(page: Page, file: Path) -> None:
    wide, high = page.evaluate("[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
    clip: FloatRect = {"x": 0, "y": 0, "width": wide, "height": min(TALLEST, high)}
    page.screenshot(path=file, clip=clip, full_page=True)
    weight = file.stat().st_size
    print(f"{file.name}  {weight // 1000} kB")
    if weight > MOST_BYTES:
        raise SystemExit(f"{file.name} weighs {weight} bytes; at most {MOST_BYTES}.")


if __name__ == "__main__":
    main()
