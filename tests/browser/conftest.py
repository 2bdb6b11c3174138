"""A live server on the demo city, and Debian's Chromium looking at it.

Fixtures: ``live`` (the address of a server on the shared demo city; never write through it),
``drafts_live`` (on a copy for drafts, which are gone with the test; nothing is published there),
``own_live`` (on a copy of this test alone), ``open_page(path, role=…, size=…, theme=…)`` (a
signed-in page on ``live``) and ``artefact(name)`` (where a screenshot is kept). Every page fails
its test on an error in the console, on a broken answer and on a request to any other host.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from served import come_to_rest, serving
from sqlalchemy import text

from geodata.places.tables import LAYERS

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "artefacts"
PASSWORD = "demo-password-of-the-tests"
DESK, WALL, PHONE = (1440, 900), (3840, 2160), (390, 844)

WITHOUT = (
    # each window draws these two pages under its address bar, which costs more than ours
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # a process for a page that may come next: each page of ours is thrown away with its context
    "SpareRendererForSitePerProcess",
    # what Playwright leaves out: Chromium heeds the last list only
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
"""What of Chromium no page needs."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    f"--disable-features={','.join(WITHOUT)}",
)

expect.set_options(timeout=15_000)  # other tests run beside, on machines of two cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


CONTEXTS: pytest.StashKey[list[BrowserContext]] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Close the pages before their server and its database end: what they still ask is no fault."""
    for context in item.stash.get(CONTEXTS, []):
        context.close()


@pytest.fixture(scope="session")
def serve() -> Callable[[Any], Any]:
    """What gives an address to an application that a test brings along."""
    return serving


@pytest.fixture(scope="session")
def password() -> str:
    """What ``open_page`` signs in with."""
    return PASSWORD


@pytest.fixture(scope="session")
def live(demo_app: Any) -> Iterator[str]:
    with serving(demo_app) as address:
        yield address


def application(database: Any, folder: Path) -> Any:
    from app import create_app
    from geodata.settings import Settings

    settings = Settings(
        database_url=database.url,
        data_dir=folder,
        secret_key="a-key-for-tests-that-is-long-enough-to-sign-with",
        demo_password=PASSWORD,
    )
    return create_app(settings, database)


@pytest.fixture
def own_live(own_demo_database: Any, tmp_path: Path) -> Iterator[str]:
    with serving(application(own_demo_database, tmp_path)) as address:
        yield address


@pytest.fixture(scope="session")
def drafts_database(server: Any, demo_template: str) -> Iterator[Any]:
    """The city behind ``drafts_live``."""
    with server.copy_of(demo_template) as database:
        yield database


@pytest.fixture(scope="session")
def drafts_server(drafts_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("drafts")
    with serving(application(drafts_database, folder)) as address:
        yield address


@pytest.fixture
def drafts_live(drafts_server: str, drafts_database: Any) -> Iterator[str]:
    before = drafts_database.versions(LAYERS)
    yield drafts_server
    come_to_rest(drafts_server)
    with drafts_database.begin() as tx:
        for table in ("plans", "jobs"):
            tx.connection.execute(text(f"DELETE FROM {table}"))
    assert drafts_database.versions(LAYERS) == before, "what changes the net takes own_live"


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if found is None:
        pytest.fail("Chromium is missing: apt-get install chromium fonts-wqy-zenhei")
    browser = playwright_driver.chromium.launch(executable_path=found, args=FLAGS)
    yield browser
    browser.close()


class Watched:
    """What a page did that it should not have done."""

    def __init__(self, host: str) -> None:
        self.hosts = {host}
        self.errors: list[str] = []
        self.allowed: set[int] = set()

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        if message.type != "error" or "Failed to load resource" in message.text:
            return  # a broken answer is counted by its status
        self.errors.append(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc not in self.hosts:
            self.errors.append(f"asked another host: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.errors.append(f"{response.status}: {response.url}")


@pytest.fixture
def contexts(
    chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    made = request.node.stash[CONTEXTS] = []
    watched: list[Watched] = []

    def make(address: str, *, size: tuple[int, int] = DESK, **options: Any) -> BrowserContext:
        watch = Watched(urlsplit(address).netloc)
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,
        )
        context.on("page", watch.follow)
        context.watched = watch  # type: ignore[attr-defined]
        made.append(context)
        watched.append(watch)
        return context

    yield make
    errors = [error for watch in watched for error in watch.errors]
    assert not errors, "\n".join(errors)


def sign_in(context: BrowserContext, address: str, role: str) -> None:
    """Sign in through the API; the context keeps the session's cookie."""
    answer = context.request.post(
        f"{address}/api/v1/login", data={"username": role, "password": PASSWORD}
    )
    assert answer.ok, answer.text()


@pytest.fixture
def open_page(live: str, contexts: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """``open_page("/planner")``: a page on the demo city, signed in and ready."""

    def opened(
        path: str,
        *,
        role: str | None = "planner",
        size: tuple[int, int] = DESK,
        theme: str | None = None,
        address: str = live,
        ready: str | None = "body[data-ready]",
        **options: Any,
    ) -> Page:
        context = contexts(address, size=size, **options)
        if role is not None:
            sign_in(context, address, role)
        page = context.new_page()
        if theme is not None:
            name = path.strip("/").split("?")[0].split("#")[0]
            page.add_init_script(f"localStorage.setItem('wangge-theme-{name}', '{theme}')")
        page.goto(address + path)
        if ready is not None:
            page.wait_for_selector(ready, timeout=30_000)
        return page

    return opened


@pytest.fixture(scope="session")
def artefact() -> Callable[[str], Path]:
    """Where a screenshot is kept: ``artefacts/NAME.png``."""
    ARTEFACTS.mkdir(exist_ok=True)
    return lambda name: ARTEFACTS / f"{name}.png"
