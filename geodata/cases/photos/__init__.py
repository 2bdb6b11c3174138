"""Photos of cases: how it was when somebody reported it, and how it is after the work.

No picture is stored as it was sent. Its kind is told from its content, it is decoded within bounds
and drawn anew, so that neither what a camera wrote into it (place, time, serial numbers) nor what
somebody hid in it comes along; what cannot be decoded is refused. Place and time are read first
and kept beside it. Pictures may show faces and number plates: they are personal.
"""

from geodata.cases.photos.reading import Photo, read

__all__ = ["Photo", "read"]
