"""The pictures of the page in the documents: `make screenshots` takes them anew.

They show the page's own example, summarized by the extractive engine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.page_support import CHROMIUM, Watched, browser, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDE = {"viewport": {"width": 1200, "height": 800}}
PHONE = {"viewport": {"width": 400, "height": 800}, "device_scale_factor": 1.5, "has_touch": True}
#: Each picture's browser, and the item of which the evidence is highlighted.
PICTURES: dict[str, tuple[dict[str, Any], str]] = {
    "page-light": (WIDE, ".who .entry:last-child .item"),
    "page-dark": (WIDE | {"color_scheme": "dark"}, ".reactions .item >> nth=0"),
    "page-phone": (PHONE, ".reactions .item >> nth=0"),
}


def take(started: Browser, address: str, name: str) -> None:
    """Write one picture."""
    options, item = PICTURES[name]
    context = started.new_context(reduced_motion="reduce", **options)
    watched = Watched(context, address)
    page = watched.page
    page.get_by_role("button", name="Try an example").click()
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Enter")
    watched.finished()
    page.locator(item).click()
    page.locator("#items").evaluate("() => document.activeElement.blur()")
    if name != "page-phone":
        page.evaluate("scrollTo(0, 0)")
    page.mouse.move(2, 2)
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()


def main() -> None:
    """Write all of them."""
    if CHROMIUM is None:
        sys.exit("there is no Chromium here")
    with browser() as started, served() as address:
        for name in PICTURES:
            take(started, address, name)
            print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
