"""A picture as it was sent, into one that may be kept: decoded within bounds and drawn anew."""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from geodata.cases.photos import exif
from geodata.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 12_000_000
"""Of a picture as it is sent."""
MOST_PIXELS: Final = {"JPEG": 64_000_000, "PNG": 24_000_000, "WEBP": 24_000_000}
"""JPEG is decoded at an eighth to a half of its size; the others need room for all."""
MOST_PIXELS_PROGRESSIVE: Final = 32_000_000
MOST_SCANS: Final = 64
"""Of a progressive JPEG: each is a pass over the whole picture. Cameras write about ten."""
LEAST_SIDE: Final = 16
LONGEST_SIDE: Final = 2048
THUMB_SIDE: Final = 320
QUALITY: Final = 82
AT_ONCE: Final = 2
"""Pictures that a process decodes at a time: each may take some 250 MB for a moment."""

_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)
_decoding = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Photo:
    """A picture that may be kept: JPEG, upright, without a word besides.

    Attributes:
        picture: At most ``LONGEST_SIDE`` pixels a side.
        thumb: The same, at most ``THUMB_SIDE`` pixels a side.
        digest: SHA-256 of ``picture``, as hexadecimal digits.
        width: Pixels of ``picture``.
        height: Pixels of ``picture``.
        taken_at: When, by the camera's clock; None: it did not say.
        place: Longitude and latitude where the camera says it was, degrees; None: it did not say.
        datum: The geodetic datum that the camera named; empty: it named none. Phones sold in
            China may write GCJ-02 without a word, some 500 m away from WGS 84.
    """

    picture: bytes
    thumb: bytes
    digest: str
    width: int
    height: int
    taken_at: datetime | None
    place: tuple[float, float] | None
    datum: str


def read(data: bytes, *, zone: tzinfo) -> Photo:
    """Draw a picture anew from what was sent.

    Args:
        data: The file; its name does not matter.
        zone: Of the camera's clock, where the picture does not say.

    Raises:
        TooLarge: more bytes or more pixels than are taken.
        InvalidInput: no JPEG, PNG or WebP, or one that is broken, moves or is too small.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("The photo is larger than %(limit)s MB.", limit=MOST_BYTES // 1_000_000)
    kind = _kind(data)
    with _decoding:
        try:
            with Image.open(io.BytesIO(data), formats=(kind,)) as sent:
                _check(sent, kind, data)
                seen = exif.read(sent, zone=zone)
                upright = _decoded(sent)
        except (InvalidInput, TooLarge):
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels(kind) from error
        except Exception as error:  # decoders fail in many ways on what is none
            raise InvalidInput(
                "The photo is damaged or was not sent whole; take or choose it again."
            ) from error
        picture, size = _drawn(upright, LONGEST_SIDE)
        thumb, _ = _drawn(upright, THUMB_SIDE)
    return Photo(
        picture=picture,
        thumb=thumb,
        digest=hashlib.sha256(picture).hexdigest(),
        width=size[0],
        height=size[1],
        taken_at=seen.taken_at,
        place=seen.place,
        datum=seen.datum,
    )


def _kind(data: bytes) -> str:
    """What the first bytes say that it is."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise InvalidInput(
            "This photo is HEIC, which few devices can show. Let the camera save JPEG "
            "(on an iPhone: Settings, Camera, Formats, Most Compatible), or send a screenshot."
        )
    if data.startswith((b"GIF8", b"\x00\x00\x01\xb3")) or data[4:8] == b"ftyp":
        raise InvalidInput("Moving pictures are not taken; send a photo.")
    if not data:
        raise InvalidInput("The photo is empty; take or choose it again.")
    raise InvalidInput("This is no photo that can be read; send JPEG, PNG or WebP.")


def _too_many_pixels(kind: str) -> TooLarge:
    return TooLarge(
        "The photo has more than %(limit)s million pixels.", limit=MOST_PIXELS[kind] // 1_000_000
    )


def _check(sent: Image.Image, kind: str, data: bytes) -> None:
    """Refuse by what the head says, before anything is decoded."""
    width, height = sent.size
    if min(width, height) < LEAST_SIDE:
        raise InvalidInput("The photo is too small to show anything.")
    if width * height > MOST_PIXELS[kind]:
        raise _too_many_pixels(kind)
    if kind == "JPEG":
        if sent.info.get("progressive") and (
            width * height > MOST_PIXELS_PROGRESSIVE or data.count(b"\xff\xda") > MOST_SCANS
        ):
            raise _too_many_pixels(kind)
    elif getattr(sent, "is_animated", False):
        raise InvalidInput("Moving pictures are not taken; send a photo.")


def _decoded(sent: Image.Image) -> Image.Image:
    """All of it decoded: upright, red, green and blue, no larger than is kept."""
    turn = _turning(sent)
    sent.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    sent.load()
    flat = _flat(sent)
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return turn(flat)


def _turning(sent: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What brings it upright, as the camera noted."""
    how = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(exif.orientation(sent))
    return lambda picture: picture if how is None else picture.transpose(how)


def _flat(sent: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue; what shines through lies on white."""
    if sent.mode.startswith("I"):
        deep = np.asarray(sent).astype(np.int64)
        return Image.fromarray((np.clip(deep, 0, 65_535) >> 8).astype(np.uint8)).convert("RGB")
    if sent.mode in {"RGBA", "LA", "PA"} or "transparency" in sent.info:
        shining = sent.convert("RGBA")
        white = Image.new("RGBA", shining.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, shining).convert("RGB")
    return sent.convert("RGB")


def _drawn(picture: Image.Image, side: int) -> tuple[bytes, tuple[int, int]]:
    """As JPEG of at most ``side`` pixels a side, with nothing but the pixels."""
    share = min(1.0, side / max(picture.size))
    width, height = (max(1, round(length * share)) for length in picture.size)  # a line stays one
    small = picture.resize((width, height), reducing_gap=2.0) if share < 1 else picture
    bare = Image.frombytes("RGB", small.size, small.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue(), bare.size
