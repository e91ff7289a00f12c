"""Makes docs/pictures: every page at desktop and phone width, light and dark, with invented data.

.venv/bin/python -m scripts.pictures [FOLDER]
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, sync_playwright

if TYPE_CHECKING:
    from scripts.pretence_company import Company
    from scripts.pretence_looks import Look

T = TypeVar("T")

CHROMIUM = "/usr/bin/chromium"
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "handover.settings",
    "HANDOVER_PUBLIC_URL": "https://handover.acme.example",
    "HANDOVER_RUN_SECONDS": "1800",  # a field that is locked
}
WIDTHS = {"desktop": (1200, 780), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_BYTES = 150_000


def main() -> None:
    """Make all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handover-pictures-") as data, _django(Path(data)):
        from scripts.pretence_company import company, handover_at

        with company(Path(data)) as acme, handover_at(acme) as url, sync_playwright() as playwright:
            looks = _beside(lambda: _pretend(acme))
            options = (*QUIET_CHROMIUM, acme.network.rules)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    context = _context(browser, url, width=width, scheme=scheme)
                    _one_scheme(context.new_page(), looks, folder, f"{width}-{scheme}.png")
                    context.close()
            browser.close()
            _forget_others(folder, {look.name for pages in looks.values() for look in pages})


def _forget_others(folder: Path, made: set[str]) -> None:
    """Pictures of pages that are no longer."""
    for width in WIDTHS:
        for scheme in SCHEMES:
            ending = f"-{width}-{scheme}.png"
            for file in folder.glob(f"*{ending}"):
                if file.name.removesuffix(ending) not in made:
                    file.unlink()


@contextmanager
def _django(data: Path) -> Iterator[None]:
    """Django on a throw-away data folder, migrated."""
    os.environ |= {**ENVIRONMENT, "HANDOVER_DATA": str(data)}
    import django
    from django.core.management import call_command

    import handover  # noqa: F401  puts the bundled SQLite in place first

    django.setup()
    call_command("migrate", verbosity=0)
    yield


def _pretend(acme: "Company") -> dict[str, list["Look"]]:
    """Fill the database. The pictures to take of each person's pages."""
    from scripts.pretence import pretend
    from scripts.pretence_console import pretend_console, saved_over_days
    from scripts.pretence_looks import looks
    from scripts.pretence_people import pretend_people

    runs = pretend()
    pretend_console(acme)
    outside, inside = pretend_people()
    saved_over_days()
    return looks(acme, outside, {**runs, **inside})


def _context(browser: Browser, url: str, *, width: str, scheme: Literal["light", "dark"]) -> BrowserContext:
    wide, high = WIDTHS[width]
    return browser.new_context(
        base_url=url,
        viewport={"width": wide, "height": high},
        color_scheme=scheme,
        reduced_motion="reduce",
        ignore_https_errors=True,
    )


def _one_scheme(page: Page, looks: dict[str, list["Look"]], folder: Path, ending: str) -> None:
    for person, pages in looks.items():
        if person:
            _sign_in(page, person)
        for look in pages:
            _beside(look.prepare)
            # "load" comes while the stream of a live run stays open.
            page.goto(look.address, wait_until="load")
            look.act(page)
            page.wait_for_load_state("load")
            page.wait_for_timeout(400)
            _take(page, folder / f"{look.name}-{ending}", look.tallest)
        if person:
            # Else the next list of sessions would show this one's.
            page.goto("/settings")
            page.get_by_role("button", name="Sign out", exact=True).click()
            page.get_by_label("Password").wait_for()


def _beside(act: Callable[[], T]) -> T:
    """Act on the database: the browser's event loop is on this thread, where Django refuses to wait."""
    from django.db import connections

    def act_and_close() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act_and_close).result()


def _sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("a picture of it")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Sign out").wait_for()


def _take(page: Page, file: Path, tallest: int) -> None:
    wide, high = page.evaluate("[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
    clip: FloatRect = {"x": 0, "y": 0, "width": wide, "height": min(tallest, high)}
    page.screenshot(path=file, clip=clip, full_page=True)
    weight = file.stat().st_size
    print(f"{file.name}  {weight // 1000} kB")
    if weight > MOST_BYTES:
        raise SystemExit(f"{file.name} weighs {weight} bytes; at most {MOST_BYTES}.")


if __name__ == "__main__":
    main()
