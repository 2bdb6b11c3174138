"""Pictures as phones send them, and as people who mean harm do."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geodata.cases.photos import Photo, reading
from geodata.errors import InvalidInput, TooLarge, WanggeError

ZONE = ZoneInfo("Asia/Shanghai")
RED, BLUE = (220, 20, 20), (20, 20, 220)


def read(data: bytes) -> Photo:
    return reading.read(data, zone=ZONE)


def stored(photo: Photo) -> Image.Image:
    picture = Image.open(io.BytesIO(photo.picture))
    picture.load()
    return picture


def halves(width: int = 400, height: int = 300) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture


def sent(picture: Image.Image, kind: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def tags(
    *, turned: int = 1, gps: dict | None = None, taken: str = "", zone: str = ""
) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = "秘密相机厂".encode()
    if gps:
        exif.get_ifd(0x8825).update(gps)
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if zone:
        exif.get_ifd(0x8769)[0x9011] = zone
    return exif


LINYI = {1: "N", 2: (35.0, 3.0, 7.2), 3: "E", 4: (118.0, 20.0, 31.2)}


def test_a_large_photo_is_made_small_and_gets_a_smaller_one_beside_it():
    photo = read(sent(halves(4000, 3000)))
    assert (photo.width, photo.height) == (2048, 1536) == stored(photo).size
    assert max(Image.open(io.BytesIO(photo.thumb)).size) == reading.THUMB_SIDE


def test_a_photo_that_lies_on_its_side_is_stood_up():
    photo = read(sent(halves(), exif=tags(turned=6)))
    assert (photo.width, photo.height) == (300, 400)
    above, below = stored(photo).getpixel((150, 50)), stored(photo).getpixel((150, 350))
    assert above[0] > 150 > above[2]
    assert below[2] > 150 > below[0]


def test_nothing_that_a_camera_wrote_is_kept_in_the_picture():
    made = sent(halves(), exif=tags(gps=LINYI, taken="2026:05:04 08:30:00"), comment=b"hidden word")
    photo = read(made)
    for picture in (photo.picture, photo.thumb):
        opened = Image.open(io.BytesIO(picture))
        assert not opened.getexif()
        assert "hidden" not in str(opened.info)
        assert "秘密".encode() not in picture
        assert b"Exif" not in picture


def test_place_and_time_are_read_before_they_are_removed():
    photo = read(sent(halves(), exif=tags(gps=LINYI, taken="2026:05:04 08:30:00")))
    assert photo.place == pytest.approx((118.342, 35.052))
    assert photo.taken_at == datetime(2026, 5, 4, 8, 30, tzinfo=ZONE)
    assert photo.datum == ""


def test_a_camera_that_says_its_zone_and_datum_is_believed():
    exif = tags(gps=LINYI | {18: "WGS-84"}, taken="2026:05:04 08:30:00", zone="+00:00")
    photo = read(sent(halves(), exif=exif))
    assert photo.datum == "WGS-84"
    assert photo.taken_at == datetime(2026, 5, 4, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (935.0, 0.0, 0.0), 3: "E", 4: (118.0, 0.0, 0.0)},
        {1: "N", 2: (35.0, 0.0), 3: "E", 4: (118.0, 0.0, 0.0)},
        {2: (35.0, 0.0, 0.0)},
    ],
    ids=["no fix", "off the globe", "two parts", "half a place"],
)
def test_a_place_that_makes_no_sense_is_none(gps):
    assert read(sent(halves(), exif=tags(gps=gps))).place is None


@pytest.mark.parametrize(
    "words", ["0000:00:00 00:00:00", "1970:01:01 00:00:00", "gestern", "FUTURE"]
)
def test_a_time_that_no_clock_could_have_said_is_none(words):
    late = datetime.now(ZONE) + timedelta(days=3)
    words = f"{late:%Y:%m:%d %H:%M:%S}" if words == "FUTURE" else words
    assert read(sent(halves(), exif=tags(taken=words))).taken_at is None


@pytest.mark.parametrize(
    ("picture", "kind", "options"),
    [
        (halves().convert("CMYK"), "JPEG", {}),
        (halves().convert("L"), "JPEG", {}),
        (halves(), "JPEG", {"progressive": True}),
        (halves().convert("P"), "PNG", {}),
        (halves().convert("RGBA"), "PNG", {}),
        (halves().convert("LA"), "PNG", {}),
        (halves().convert("1"), "PNG", {}),
        (halves(), "WEBP", {}),
        (halves().convert("RGBA"), "WEBP", {"lossless": True}),
    ],
    ids=["CMYK", "grey", "progressive", "palette", "RGBA", "grey alpha", "bits", "WebP", "WebP A"],
)
def test_pictures_of_every_sort_become_plain_ones(picture, kind, options):
    photo = read(sent(picture, kind, **options))
    opened = stored(photo)
    assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", (400, 300))


def test_sixteen_bits_a_pixel_keep_their_shades():
    deep = np.linspace(0, 65_535, 400, dtype=np.uint16)[None, :].repeat(300, axis=0)
    opened = stored(read(sent(Image.fromarray(deep), "PNG")))
    shades = [opened.getpixel((x, 150))[0] for x in (5, 200, 395)]
    assert shades == pytest.approx([3, 128, 252], abs=6)


def test_what_is_transparent_lies_on_white():
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert min(stored(read(sent(clear, "PNG"))).getpixel((32, 32))) > 250


def test_the_name_does_not_matter_and_what_is_no_photo_is_refused():
    for data in (
        b"",
        b"<svg onload=alert(1)>",
        b"<html>",
        b"%PDF-1.7",
        b"BM" + b"\0" * 99,
        b"\xff",
    ):
        with pytest.raises(InvalidInput):
            read(data)


def test_heic_is_refused_with_what_to_do_about_it():
    with pytest.raises(InvalidInput, match="HEIC"):
        read(b"\0\0\0\x24ftypheic" + b"\0" * 200)


def test_moving_pictures_are_refused():
    frames = [halves(), halves().rotate(180)]
    for kind in ("GIF", "WEBP", "PNG"):
        moving = sent(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        with pytest.raises(InvalidInput, match="Moving"):
            read(moving)


def test_a_dot_is_no_photo():
    for side in (1, reading.LEAST_SIDE - 1):
        with pytest.raises(InvalidInput, match="small"):
            read(sent(Image.new("RGB", (side, 900)), "PNG"))


def test_more_bytes_than_are_taken_are_refused_unread():
    with pytest.raises(TooLarge):
        read(b"\xff\xd8\xff" + bytes(reading.MOST_BYTES))


def png_of_size(width: int, height: int) -> bytes:
    """A head that claims a size, and no picture behind it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(4_000_000), 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5_000, 5_000), (12_000, 12_000), (60_000, 60_000)])
def test_a_picture_that_unfolds_to_gigabytes_is_refused_by_its_head(size):
    with pytest.raises(TooLarge):
        read(png_of_size(*size))


def test_a_progressive_picture_of_a_thousand_passes_is_refused():
    whole = sent(halves(), progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    with pytest.raises(TooLarge):
        read(whole[:-2] + scan * 1_000 + b"\xff\xd9")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_was_cut_off_on_its_way_is_refused(kind):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8))
    whole = sent(noise, kind)
    for share in (0.1, 0.5, 0.95):
        with pytest.raises(InvalidInput, match="damaged"):
            read(whole[: int(len(whole) * share)])


def test_what_hides_in_or_behind_a_picture_does_not_come_along():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("run.html", "<script>alert(1)</script>")
    hidden = b"<script>alert(1)</script>"
    two_in_one = sent(halves(), comment=hidden) + archive.getvalue() + hidden
    photo = read(two_in_one)
    for picture in (photo.picture, photo.thumb):
        assert b"script" not in picture
        assert b"PK\x03\x04" not in picture


def test_the_same_photo_twice_has_the_same_digest():
    made = sent(halves())
    assert read(made).digest == read(made).digest != read(sent(halves(402))).digest


HEADS = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 ", b"GIF89a"]
WHOLE = [sent(halves(64, 48), kind, exif=tags(gps=LINYI)) for kind in ("JPEG", "PNG", "WEBP")]


@settings(max_examples=150, deadline=None)
@given(head=st.sampled_from(HEADS), rest=st.binary(max_size=400))
def test_any_bytes_are_a_photo_or_a_refusal(head, rest):
    with contextlib.suppress(WanggeError):
        assert stored(read(head + rest)).format == "JPEG"


@settings(max_examples=150, deadline=None)
@given(whole=st.sampled_from(WHOLE), data=st.data())
def test_a_photo_with_broken_bytes_is_a_clean_photo_or_a_refusal(whole, data):
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        photo = read(bytes(broken))
    except WanggeError:
        return
    assert not stored(photo).getexif()
