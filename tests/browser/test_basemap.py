"""The operator's own basemap: off until it is chosen, then drawn, credited and let through."""

# ruff: noqa: E501 - expressions for the browser

from __future__ import annotations

import base64
import re
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from command_page import settled
from playwright.sync_api import expect

from app import create_app

COLOUR = (250, 10, 200)
CREDIT = "© 测试底图"


def picture(side=256) -> bytes:
    """A PNG of one colour."""

    def part(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(COLOUR) * side) * side
    parts = part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture(scope="module")
def tiles():
    """A server of tiles on loopback: its address and the paths that were asked of it."""
    body = picture()
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def based(demo_settings, demo_database, serve, tiles):
    """The demo city on a server with a basemap."""
    settings = demo_settings.model_copy(
        update={
            "basemap_url": f"http://{tiles[0]}/{{z}}/{{x}}/{{y}}.png",
            "basemap_attribution": f"<b>{CREDIT}</b>",
        }
    )
    with serve(create_app(settings, demo_database)) as address:
        yield address


def share_of_colour(page, clip=None) -> float:
    """How much of the page's picture has the basemap's colour."""
    picture = page.screenshot(type="png", clip=clip)
    return page.evaluate(
        """async ([bytes, [r, g, b]]) => {
          const image = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]));
          const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, image.width, image.height);
          let same = 0;
          for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12) same++;
          return same / (data.length / 4);
        }""",
        [base64.b64encode(picture).decode(), COLOUR],
    )


SWITCHES = {
    "planner": ("[data-layer=own]", "[data-layer=own]"),
    "command": ("[data-switch='base own']", "[data-switch='base ']"),
}


@pytest.mark.parametrize("page_name", ["planner", "command"])
def test_the_basemap_is_drawn_when_chosen_and_gone_when_not(
    open_page, based, tiles, page_name, artefact
):
    host, asked = tiles
    asked.clear()
    page = open_page(f"/{page_name}", role="planner", address=based)
    settled(page)
    assert asked == []
    assert share_of_colour(page) < 0.001
    page.context.watched.hosts.add(host)
    on, off = SWITCHES[page_name]
    page.click(on)
    expect(page.locator(".map-credits")).to_contain_text(CREDIT)
    expect(page.locator(".map-credits")).to_contain_text("合成数据")
    settled(page)
    page.wait_for_timeout(400)
    assert share_of_colour(page) > 0.15
    assert asked
    assert all(re.fullmatch(r"/\d+/\d+/\d+\.png", path) for path in asked)
    page.screenshot(path=artefact(f"{page_name}-basemap"))
    page.click(off)
    expect(page.locator(".map-credits")).not_to_contain_text(CREDIT)
    assert share_of_colour(page) < 0.001


def test_the_chosen_basemap_is_part_of_the_link(open_page, based, tiles):
    page = open_page("/planner#layers=areas", address=based)
    page.context.watched.hosts.add(tiles[0])
    page.check("[data-layer=own]")
    assert "own" in page.url
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("[data-layer=own]")).to_be_checked()
    expect(page.locator(".map-credits")).to_contain_text(CREDIT)


def test_the_district_does_not_hide_the_basemap(open_page, based, tiles):
    page = open_page("/planner#layers=areas", address=based)
    page.context.watched.hosts.add(tiles[0])
    page.check("[data-layer=own]")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    middle = {"x": 620, "y": 300, "width": 200, "height": 200}
    assert share_of_colour(page, clip=middle) > 0.7


@pytest.mark.parametrize("page_name", ["planner", "command"])
def test_pictures_of_that_host_are_let_through_and_of_no_other(open_page, based, tiles, page_name):
    page = open_page(f"/{page_name}", address=based)
    answer = page.context.request.get(f"{based}/{page_name}")
    policy = answer.headers["content-security-policy"]
    (pictures,) = re.findall(r"img-src ([^;]+)", policy)
    assert pictures.split() == ["'self'", "data:", "blob:", f"http://{tiles[0]}"]
    assert tiles[0] not in policy.replace(f"img-src {pictures}", "")
    refused = page.evaluate(
        """(port) => new Promise((done) => {
          document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
          new Image().src = `http://127.0.0.1:${port}/0/0/0.png`;
          setTimeout(() => done("let through"), 3000);
        })""",
        9,
    )
    assert refused == "img-src"
    page.context.watched.errors.clear()  # the console tells of what was refused
