"""Where and when a picture was taken, as its camera wrote it (Exif 2.32)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final

from PIL import ExifTags

if TYPE_CHECKING:
    from PIL import Image

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""A clock that says less was never set."""
AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True)
class Seen:
    """What a camera wrote; None or empty where it wrote nothing that makes sense."""

    place: tuple[float, float] | None = None
    datum: str = ""
    taken_at: datetime | None = None


def orientation(picture: Image.Image) -> int:
    """1 to 8; 1, which is upright, where nothing or nonsense is written."""
    with suppress(Exception):  # tags are written by whoever sent it
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def read(picture: Image.Image, *, zone: tzinfo) -> Seen:
    """What the camera wrote; tags that are broken count as absent.

    Args:
        picture: Just opened.
        zone: Of its clock, where it does not say.
    """
    place, datum, taken_at = None, "", None
    with suppress(Exception):  # tags are written by whoever sent it
        told = picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        place = _place(told)
        datum = str(told.get(ExifTags.GPS.GPSMapDatum, "")).strip("\0 ")[:20]
    with suppress(Exception):
        taken_at = _time(picture.getexif().get_ifd(ExifTags.IFD.Exif), zone)
    return Seen(place, datum if place else "", taken_at)


def _place(told: Mapping[int, Any]) -> tuple[float, float] | None:
    """Longitude and latitude in degrees; a receiver without a fix writes 0, 0."""
    lat = _degrees(told[ExifTags.GPS.GPSLatitude], told.get(ExifTags.GPS.GPSLatitudeRef), "S")
    lon = _degrees(told[ExifTags.GPS.GPSLongitude], told.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if not (math.isfinite(lon) and math.isfinite(lat)) or (lon == 0 and lat == 0):
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    size = degrees + minutes / 60 + seconds / 3600
    return -size if str(reference).strip("\0 ").upper() == negative else size


def _time(told: Mapping[int, Any], zone: tzinfo) -> datetime | None:
    """With its zone; None if no clock could have said it."""
    words = str(told[ExifTags.Base.DateTimeOriginal]).strip("\0 ")
    offset = str(told.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    if offset:
        with suppress(ValueError):
            at = datetime.strptime(f"{words} {offset}", "%Y:%m:%d %H:%M:%S %z")
            return at if EARLIEST < at < datetime.now(UTC) + AHEAD else None
    at = datetime.strptime(words, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    return at if EARLIEST < at < datetime.now(UTC) + AHEAD else None
