"""From a bare checkout to a served page, once more, and the memory of each server process.

``python bench/starting.py`` clones this checkout into a temporary folder, runs ``make demo`` there
twice and prints one JSON object for each figure. Python packages come from uv's cache if it has
them; system packages are there already.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PASSWORD = "a-password-of-the-measurement"  # noqa: S105 - of a city that lives for a minute
PAGES = ("/planner", "/command", "/ogc/collections/cases/items?limit=1000", "/api/v1/cases")


class Demo:
    """A ``make demo`` in a fresh clone."""

    def __init__(self, checkout: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.began = time.perf_counter()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WANGGE_")}
        self.process = subprocess.Popen(
            ["make", "demo"],
            cwd=checkout,
            env={
                **environment,
                "WANGGE_PORT": str(port),
                "WANGGE_DEMO_PASSWORD": PASSWORD,
                "WANGGE_LANGUAGE": "en",
                "PYTHONPATH": "",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    def until_served(self) -> float:
        """Seconds until ``/login`` answers."""
        while self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/login", timeout=5) as answer:
                    answer.read()
                    return time.perf_counter() - self.began
            except OSError:
                time.sleep(0.05)
        raise SystemExit("".join(self.lines))

    def visit(self) -> None:
        """Sign in and ask for what a working day asks for."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        body = json.dumps({"username": "admin", "password": PASSWORD}).encode()
        login = urllib.request.Request(
            f"{self.address}/api/v1/login", body, {"Content-Type": "application/json"}
        )
        opener.open(login, timeout=30).close()
        for _ in range(10):
            for page in PAGES:
                try:
                    opener.open(self.address + page, timeout=60).read()
                except urllib.error.HTTPError as error:
                    error.close()

    def memory(self) -> dict[str, list[float]]:
        """Resident megabytes of the processes, by what they do."""
        found: dict[str, list[float]] = {}
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_text().split("\0")
                if os.getsid(int(entry.name)) in self._sessions() and "python" in words[0]:
                    size = re.search(r"VmRSS:\s+(\d+)", (entry / "status").read_text())
                    name = words[-2] if words[-2] in {"http", "work"} else "serve"
                    found.setdefault(name, []).append(int(size[1]) / 1024 if size else 0)
            except (OSError, ValueError, IndexError):
                continue
        return found

    def _sessions(self) -> set[int]:
        """Our session and those of the server's children."""
        sessions = {self.process.pid}
        for entry in Path("/proc").iterdir():
            try:
                if f"WANGGE_PORT={self.address.rsplit(':', 1)[1]}".encode() in (
                    entry / "environ"
                ).read_bytes().split(b"\0"):
                    sessions.add(os.getsid(int(entry.name)))
            except (OSError, ValueError):
                continue
        return sessions

    def end(self) -> None:
        """As Ctrl-C does."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(120)


def row(name: str, value: float, unit: str, limit: float) -> None:
    """Print one figure."""
    figures: dict[str, Any] = {"name": name, "value": round(value, 1), "unit": unit, "limit": limit}
    print(json.dumps(figures), flush=True)


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        checkout = folder / "wangge"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        first = Demo(checkout, 8391)
        try:
            row("make demo from a bare checkout", first.until_served(), "s", 300)
        finally:
            first.end()
        again = Demo(checkout, 8392)
        try:
            row("make demo once more", again.until_served(), "s", 10)
            again.visit()
            for what, sizes in sorted(again.memory().items()):
                row(f"memory of a process: {what}", max(sizes), "MB", 400)
        finally:
            again.end()


if __name__ == "__main__":
    main()
