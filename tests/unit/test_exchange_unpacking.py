"""What is packed is unpacked and read, and what is packed to do harm is left alone."""

from __future__ import annotations

import errno
import gzip
import os
import zipfile

import pytest
from sent_files import read, squares, zipped

from geodata.errors import InvalidInput, TooLarge, Unavailable
from geodata.exchange import unpacking
from geodata.exchange.reading import open_source


def test_a_zip_with_junk_and_nested_folders_is_read(tmp_path):
    squares().to_file(tmp_path / "a.shp", encoding="UTF-8", engine="pyogrio")
    entries = {f"数据/小区/{p.name}": p.read_bytes() for p in tmp_path.glob("a.*")}
    junk = {"__MACOSX/数据/._a.shp": b"junk", "数据/.DS_Store": b"x", "说明.pdf": b"%PDF"}
    path = zipped(tmp_path / "送审.zip", entries | junk)
    _, chunk = read(path)
    assert len(chunk) == 3


def test_a_zip_with_two_layers_asks_for_one(tmp_path):
    for name in "ab":
        squares().to_file(tmp_path / f"{name}.geojson")
    path = zipped(
        tmp_path / "both.zip",
        {f"{n}.geojson": (tmp_path / f"{n}.geojson").read_bytes() for n in "ab"},
    )
    with pytest.raises(InvalidInput, match="a, b"):
        read(path)
    assert len(read(path, layer="b")[1]) == 3


def test_a_zipped_file_geodatabase_is_read(tmp_path):
    frame = squares().astype({"户数": "int32"})
    frame.to_file(tmp_path / "a.gdb", driver="OpenFileGDB", engine="pyogrio", layer="小区")
    entries = {f"数据/a.gdb/{p.name}": p.read_bytes() for p in (tmp_path / "a.gdb").iterdir()}
    source, chunk = read(zipped(tmp_path / "a.zip", entries))
    assert (source.layers, len(chunk)) == (["小区"], 3)


def test_names_in_a_zip_from_chinese_windows_are_read(tmp_path):
    squares().to_file(tmp_path / "a.geojson")
    inside = (tmp_path / "a.geojson").read_bytes()
    name = "兰山区.geojson"
    path = zipped(tmp_path / "a.zip", {"X" * len(name.encode("gbk")): inside})
    raw = path.read_bytes().replace(b"X" * len(name.encode("gbk")), name.encode("gbk"))
    path.write_bytes(raw)
    source, chunk = read(path)
    assert len(chunk) == 3
    assert source.path.name == name


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "..\\..\\out.csv", "C:\\out.csv"])
def test_a_zip_whose_path_leads_out_is_left_alone(tmp_path, name):
    path = zipped(tmp_path / "evil.zip", {name: "lon,lat\n1,2\n"})
    with pytest.raises(InvalidInput, match="leads out"):
        read(path)
    assert not list(tmp_path.parent.glob("out.csv"))


def test_a_symbolic_link_in_a_zip_is_left_alone(tmp_path):
    entry = zipfile.ZipInfo("a.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidInput, match="leads out"):
        read(tmp_path / "link.zip")


def test_a_zip_bomb_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_UNSUSPICIOUS", 2**20)
    path = zipped(tmp_path / "bomb.zip", {"a.csv": b"0" * 20 * 2**20})
    with pytest.raises(TooLarge, match="absurd"):
        read(path)


def test_a_zip_bomb_that_lies_about_its_size_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_UNSUSPICIOUS", 2**20)
    path = zipped(tmp_path / "bomb.zip", {"a.csv": b"0" * 20 * 2**20})
    honest = (20 * 2**20).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (1000).to_bytes(4, "little")))
    with pytest.raises((TooLarge, InvalidInput)):
        read(path)


def test_a_gzip_bomb_and_an_excel_bomb_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "_UNSUSPICIOUS", 2**20)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * 20 * 2**20))
    with pytest.raises(TooLarge, match="absurd"):
        read(tmp_path / "a.csv.gz")
    zipped(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": b"0" * 20 * 2**20})
    with pytest.raises(TooLarge, match="absurd"):
        read(tmp_path / "a.xlsx")


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": "x"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="password"):
        read(path)


def test_a_disk_that_fills_while_unpacking_is_said_so(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", {"a.csv": "lon,lat\n1,2\n"})

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(unpacking, "_pour", full)
    with pytest.raises(Unavailable, match="disk is full"):
        read(path)


def test_what_was_unpacked_is_removed(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": "lon,lat\n1,2\n"})
    with open_source(path) as source:
        unpacked = source.path
        assert unpacked.exists()
    assert not unpacked.exists()
