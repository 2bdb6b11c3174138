"""Fetch the browser's libraries of ``webmap/vendor.lock`` by name and version, and verify them.

``--record`` writes the hashes of what was fetched into the lock instead of comparing them.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "webmap" / "vendor.lock"
VENDOR = ROOT / "webmap" / "static" / "vendor"


def sha512(content: bytes) -> str:
    """A digest as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def fetch(name: str, version: str, folder: Path) -> Path:
    """The package file of ``name@version``, in ``folder``."""
    done = subprocess.run(
        ["npm", "pack", f"{name}@{version}", "--silent", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / done.stdout.strip().splitlines()[-1]


def unpack(package: Mapping[str, Any], archive: Path) -> dict[str, bytes]:
    """What the lock names of a package file: path below ``vendor`` to content."""
    contents = {}
    with tarfile.open(archive) as opened:
        for file in package["files"]:
            if file.get("kept"):
                contents[file["path"]] = (VENDOR / file["path"]).read_bytes()
                continue
            member = opened.extractfile(f"package/{file['from']}")
            if member is None:
                sys.exit(f"{package['name']}@{package['version']} has no {file['from']}")
            contents[file["path"]] = member.read()
    return contents


def verify(package: Mapping[str, Any], archive: Path, contents: Mapping[str, bytes]) -> None:
    """Stop at the first digest that is not the lock's."""
    if sha512(archive.read_bytes()) != package["integrity"]:
        sys.exit(f"{package['name']}@{package['version']} is not what the lock says")
    for file in package["files"]:
        if sha512(contents[file["path"]]) != file["sha512"]:
            sys.exit(f"{file['path']} is not what the lock says")


def recorded(
    text: str, package: Mapping[str, Any], archive: Path, contents: Mapping[str, bytes]
) -> str:
    """The lock's text of one package with the digests of what was fetched."""
    found = sha512(archive.read_bytes())
    text = text.replace(f'integrity = "{package["integrity"]}"', f'integrity = "{found}"')
    for file in package["files"]:
        origin = "kept = true" if file.get("kept") else f'from = "{file["from"]}"'
        line = f'{origin}, sha512 = "'
        digest = sha512(contents[file["path"]])
        text = text.replace(f'{line}{file["sha512"]}"', f'{line}{digest}"')
    return text


def main() -> None:
    """Fetch all, verify or record all, write all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the hashes into the lock")
    record = parser.parse_args().record
    head, *parts = LOCK.read_text().split("[[package]]")
    written = [head]
    for part in parts:
        package = tomllib.loads("[[package]]" + part)["package"][0]
        with tempfile.TemporaryDirectory() as folder:
            archive = fetch(package["name"], package["version"], Path(folder))
            contents = unpack(package, archive)
            if record:
                written.append(recorded(part, package, archive, contents))
            else:
                verify(package, archive, contents)
        for path, content in contents.items():
            target = VENDOR / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        print(f"{package['name']}@{package['version']}  {package['licence']}")
    if record:
        LOCK.write_text("[[package]]".join(written))


if __name__ == "__main__":
    main()
