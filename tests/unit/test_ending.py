"""Ctrl-C and SIGTERM end the server, at whatever moment they come."""

from __future__ import annotations

import subprocess
import sys

SERVER = """
import signal, sys
from geodata.processes import supervise

class Slow:
    def start(self):
        # from here on a signal comes in the middle of every step, a lock held or not
        sys.setprofile(lambda frame, event, _: event == "call" and signal.raise_signal(15))
    def watch(self): pass
    def stop(self): sys.setprofile(None)

supervise([Slow()], tend=lambda: None, every=0.01)
print("ended", flush=True)
"""


def test_a_signal_in_the_middle_of_anything_ends_the_server_and_never_hangs_it() -> None:
    server = subprocess.run(
        [sys.executable, "-c", SERVER], capture_output=True, text=True, timeout=20, check=True
    )

    assert server.stdout == "ended\n"
