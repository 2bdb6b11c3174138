"""Take the pictures of the documents from a running system with the demo city.

WANGGE_DEMO_PASSWORD=… make demo            # in one terminal
.venv/bin/python scripts/pictures.py http://127.0.0.1:8000 PASSWORD

Dates are written as in China only if Chromium has its languages (Debian: chromium-l10n). Where
Pillow is installed, pictures are kept with 256 colours, a third of the size.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WALL = {"width": 1920, "height": 1080}


def signed_in(browser: Browser, address: str, user: str, password: str, **context: object) -> Page:
    """A page of a fresh browser, signed in."""
    page = browser.new_context(locale="zh-CN", **context).new_page()  # type: ignore[arg-type]
    page.goto(f"{address}/login")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def launched(playwright: Playwright) -> Browser:
    """Chromium in Chinese."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--lang=zh-CN"],
        env={**os.environ, "LANGUAGE": "zh_CN.UTF-8"},
    )


def keep(page: Page, name: str) -> None:
    """Keep what the page shows, at rest, as ``name``."""
    page.wait_for_timeout(1200)
    page.screenshot(path=PICTURES / name, animations="disabled")
    if importlib.util.find_spec("PIL"):
        pillow = importlib.import_module("PIL.Image")
        with pillow.open(PICTURES / name) as image:
            few = image.convert("RGB").quantize(
                256, method=pillow.Quantize.MAXCOVERAGE, kmeans=3, dither=pillow.Dither.NONE
            )
        few.save(PICTURES / name, optimize=True)
    print(name)


def take(page: Page, address: str, name: str) -> None:
    """Open ``address``, wait until it is quiet, and keep the picture as ``name``."""
    page.goto("about:blank")
    page.goto(address)
    if "/command" in address:  # its stream is always open
        page.wait_for_selector("body[data-ready]")
        page.wait_for_timeout(1500)
    else:
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    keep(page, name)


def main(address: str, password: str) -> None:
    """All pictures, in the order of the guide."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        planner = signed_in(
            browser, address, "planner", password, viewport=DESK, color_scheme="light"
        )
        take(planner, f"{address}/planner", "planner.png")
        take(planner, f"{address}/planner#map=16/35.0500/118.3470", "planner-near.png")
        planner.goto("about:blank")
        planner.goto(f"{address}/planner")
        planner.wait_for_load_state("networkidle")
        planner.get_by_label("步行5分钟").check()
        planner.select_option("#coverage", "15")
        planner.wait_for_timeout(2000)
        keep(planner, "coverage.png")
        take(planner, f"{address}/import", "import.png")
        commander = signed_in(
            browser, address, "commander", password, viewport=DESK, color_scheme="dark"
        )
        take(commander, f"{address}/command", "command.png")
        commander.locator(".bar-row[data-key=in_progress]").click()
        commander.locator(".case-row").nth(1).click()
        commander.locator(".record-do button").first.wait_for()
        commander.wait_for_timeout(2500)
        keep(commander, "command-case.png")
        commander.emulate_media(color_scheme="light")
        take(commander, f"{address}/duty", "duty.png")
        wall = signed_in(browser, address, "viewer", password, viewport=WALL, color_scheme="dark")
        take(wall, f"{address}/command?wall=1", "command-wall.png")
        phone = signed_in(
            browser,
            address,
            "commander",
            password,
            viewport=PHONE,
            color_scheme="dark",
            is_mobile=True,
            has_touch=True,
        )
        take(phone, f"{address}/command", "command-phone.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
