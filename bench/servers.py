"""WSGI servers: tiles a second alone and with 1,000 idle event streams held, and their memory.

``python bench/servers.py [--viewers N] [SERVER …]`` prints JSON lines. The candidates go into an
environment of their own, ``DATA_DIR/bench-servers``. The application is as small as can be: a kept
tile of 2.4 KB, and a stream that says one word and then waits. Two processes each, loopback only,
everything bounded in count and time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import time
import venv
from pathlib import Path

from tiles import free_port, rate, server

from geodata.settings import Settings

APPLICATION = """
import time
TILE = bytes(2400)
def application(environ, start_response):
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        def events():
            yield b"data: hello\\n\\n"
            for _ in range(60):
                time.sleep(1)
        return events()
    start_response("200 OK", [("Content-Type", "application/x"), ("Content-Length", "2400")])
    return [TILE]
"""
PACKAGES = ("granian", "gunicorn", "gevent", "packaging", "waitress")


def commands(python: Path, port: int, threads: int) -> dict[str, list[str]]:
    """How each candidate is started, with two processes where it can."""
    address = f"127.0.0.1:{port}"
    gunicorn = [str(python), "-m", "gunicorn", "-b", address, "--log-level", "error", "-w", "2"]
    return {
        "granian": [
            *(str(python), "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "2", "--blocking-threads", str(threads)),
            *("--backlog", "2048", "--no-ws", "--http", "1", "--log-level", "error"),
            "bench_application:application",
        ],
        "gunicorn gthread": [*gunicorn, "--threads", str(threads), "bench_application:application"],
        "gunicorn gevent": [
            *(*gunicorn, "-k", "gevent", "--worker-connections", "2000"),
            "bench_application:application",
        ],
        "waitress": [
            *(str(python), "-m", "waitress", f"--listen={address}", f"--threads={2 * threads}"),
            *("--connection-limit=3000", "bench_application:application"),
        ],
    }


def environment_of(folder: Path) -> Path:
    """The Python of an environment with all candidates, made if it is not there."""
    home = folder / "bench-servers"
    if not (home / "ready").exists():
        print(f"making {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        python = home / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        (home / "ready").touch()
    (home / "bench_application.py").write_text(APPLICATION)
    return home / "bin" / "python"


def viewers(port: int, count: int, seconds: float = 25) -> tuple[list[socket.socket], int]:
    """Open ``count`` streams; gives the sockets and how many had their first word in time."""
    opened = []
    waiting = selectors.DefaultSelector()
    end = time.perf_counter() + seconds
    for _ in range(count):
        if time.perf_counter() > end:
            break
        with contextlib.suppress(OSError):
            one = socket.create_connection(("127.0.0.1", port), timeout=2)
            one.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            one.setblocking(False)
            waiting.register(one, selectors.EVENT_READ, bytearray())
            opened.append(one)
    greeted = 0
    while greeted < len(opened) and time.perf_counter() < end:
        for key, _ in waiting.select(timeout=0.5):
            with contextlib.suppress(OSError):
                key.data.extend(key.fileobj.recv(4096))  # type: ignore[union-attr]
            if b"hello" in key.data:
                greeted += 1
                waiting.unregister(key.fileobj)
    waiting.close()
    return opened, greeted


def memory_mb(port: int) -> float:
    """Resident memory of all processes whose command names the port, MB."""
    total = 0.0
    groups = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            if str(port).encode() in command and b"bench_application" in command:
                groups.add(os.getpgid(int(folder.name)))
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(folder.name)) in groups:
                pages = int((folder / "statm").read_text().split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", nargs="*")
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--requests", type=int, default=8_000)
    wanted = parser.parse_args()
    folder = Settings().data_dir.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    python = environment_of(folder)
    threads = wanted.viewers // 2 + 100
    for name in commands(python, 0, threads):
        if wanted.servers and name not in wanted.servers:
            continue
        port = free_port()
        command = commands(python, port, threads)[name]
        with server(command, port, {"PYTHONPATH": str(python.parent.parent)}):
            time.sleep(2)
            empty = memory_mb(port)
            alone = rate(port, ["/tile"], {}, wanted.requests, seconds=8)
            opened, greeted = viewers(port, wanted.viewers)
            held = memory_mb(port)
            try:
                beside = rate(port, ["/tile"], {}, wanted.requests, seconds=8)
            except (OSError, RuntimeError):
                beside = 0.0
            for one in opened:
                one.close()
        print(
            json.dumps(
                {"name": f"server {name}", "value": round(held), "unit": "MB with all viewers"}
                | {"empty_mb": round(empty), "tiles_a_second": round(alone)}
                | {"viewers": greeted, "tiles_a_second_beside": round(beside)}
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
