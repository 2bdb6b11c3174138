"""What we serve of others is what the lock says, with its licence, and asks nobody else."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from pathlib import Path

import pytest

WEBMAP = Path(__file__).parents[2] / "webmap"
VENDOR = WEBMAP / "static" / "vendor"
PACKAGES = tomllib.loads((WEBMAP / "vendor.lock").read_text())["package"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_vendored_file_is_the_one_in_the_lock(package):
    assert package["integrity"].startswith("sha512-")
    for file in package["files"]:
        digest = hashlib.sha512((VENDOR / file["path"]).read_bytes()).digest()
        assert file["sha512"] == "sha512-" + base64.b64encode(digest).decode(), file["path"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_library_keeps_its_licence(package):
    assert package["licence"]
    assert any(file["path"].endswith("LICENSE") for file in package["files"])


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_library_and_its_licence_stand_in_the_notices(package):
    notices = (WEBMAP.parent / "NOTICE.md").read_text()
    assert f"| {package['name']} | {package['version']} | {package['licence']} |" in notices


def test_nothing_lies_in_the_vendor_folder_that_the_lock_does_not_name():
    named = {file["path"] for package in PACKAGES for file in package["files"]}
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert found == named


def test_no_stylesheet_loads_from_outside():
    for sheet in (WEBMAP / "static").rglob("*.css"):
        assert not re.search(r"(url\(\s*['\"]?|@import\s+['\"]?)(https?:)?//", sheet.read_text())


def test_the_vendored_libraries_stay_small():
    sizes = {path: path.stat().st_size for path in VENDOR.rglob("*") if path.is_file()}
    beside = VENDOR / "jsts" / "jsts.js"  # for a worker that starts with the first line drawn
    assert sum(size for path, size in sizes.items() if path != beside) < 600_000
    assert sizes[beside] < 520_000
