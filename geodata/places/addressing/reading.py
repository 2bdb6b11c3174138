"""A Chinese address taken apart, without knowing any place.

Levels may be missing, repeated or in another order; numerals may be written out (三号楼, 贰拾壹栋),
signs full-width, spaces anywhere. What stands round the address in a ticket is left in ``rest``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 1_000
"""Signs that are read: an address further on in a text is not looked for."""

_DIGITS: Final = {
    sign: value
    for value, signs in enumerate(("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆",
                                   "七柒", "八捌", "九玖"))
    for sign in signs
}  # fmt: skip
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100}
_WORDS: Final = "".join((*_DIGITS, *_TENS))
_SIGNS: Final = str.maketrans(
    "號樓棟單元層東門區莊園華廣場縣鎮鄉街〇﹣–—−‐~～＃",
    "号楼栋单元层东门区庄园华广场县镇乡街零-------#",
)
_WRITTEN_OUT: Final = re.compile(rf"[{_WORDS}]+(?=号|栋|幢|座|单元|#|层|楼|室|区|期|院)")
_DIGIT_GAP: Final = re.compile(r"(?<=\d)\s+(?=\d)")
_NO_SIGN: Final = re.compile(r"[^0-9a-z\u3400-\u9fff\U00020000-\U0003ffff#,-]+")
_COMMAS: Final = re.compile(r",{2,}")
_LONG_NUMBER: Final = re.compile(r"\d{7,}|12345")
_DATE: Final = re.compile(r"\d{1,2}月\d{1,2}[日号]")

_BUILDING: Final = re.compile(
    r"第?(?:(?<!\d)([a-h甲乙丙丁]?\d{1,4})(号楼|号栋|#楼|栋楼|栋|幢|座|#|号(?!线|院(?!内)|门(?!口|外|前)|令|文)"
    r"|楼(?=[\da-h甲乙丙丁]+(?:单元|门)))|([a-h])(号楼|栋|幢|座))"
)
_DASHED: Final = (
    (re.compile(r"(?<![\d-])(\d{1,3})-(\d{1,2})-(\d{3,4})(?![\d-])"), ("building", "unit", "room")),
    (re.compile(r"(?<![\d-])(\d{1,3})-(\d{1,2})(?=单元)"), ("building", "unit")),
    (re.compile(r"(?<![\d-])(\d{1,3})-(\d{3,4})(?![\d-])"), ("building", "room")),
)
_UNIT: Final = re.compile(r"(\d{1,2}|[a-h甲乙丙丁东西中南北])单元|(?<=[楼栋幢座#])(\d{1,2})门")
_UNIT_ROOM: Final = re.compile(r"[楼栋幢座#]-?(\d{1,2})-(\d{3,4})(?!\d)")
_FLOOR: Final = re.compile(r"(?<!\d)(\d{1,2})(?:层|楼)")
_ROOM: Final = re.compile(
    r"(?:单元|层|楼|栋|幢|座|#)-?(\d{3,4})(?![\d#号])|(?<!\d)(\d{3,4})[室户房]"
)
_NEAR: Final = re.compile(
    r"附近|周边|对面|对过|旁边|隔壁|交叉口|路口|门口|(?:[东西南北]{1,2}|正)(?:侧|边|面|门外|门|头)"
    r"|楼下|院内|沿街|沿线|外面"
)
_ROAD_END: Final = re.compile(r"(?:路|街|巷|胡同|大道|道)$")
_PROVINCE: Final = re.compile(r"(?:[^,省市区]{2,6}(?:省|自治区))?(?:[^,省市区]{2,5}市)")
_COUNTY: Final = re.compile(
    r"([^,市区县路街]{2,4}(?:区|县))(?<!小区)(?<![东西南北新园社]区)(?=[^\d,#])"
)
_OFFICE: Final = re.compile(r"([^,省市区县路]{2,5}?(?:街道办事处|街道办|街道|镇|乡))")
_COMMUNITY: Final = re.compile(r"([^,省市区县]{2,6}?(?:社区居委会|社区|居委会|村委会))")
_STREET: Final = re.compile(
    r"([^,省市区县]{1,5}?(?:大街|大道|胡同|路|街(?!道)|巷))(?:(\d{1,4})号?)?"
)
_LEAD: Final = re.compile(
    r"^.*(?:反映说|反映|来电称|来电人称|地址|发现|家住在|家住|我住|位于|住在|我是|请问)"
)
_OFFICE_END: Final = re.compile(r"(街道)(?:办事处|办)$")


@dataclass(frozen=True)
class Address:
    """The parts of an address; an empty text is a part that was not told.

    ``text`` is what was read, made uniform; ``at`` is where in it the building's number begins, -1
    without one.
    """

    text: str
    county: str = ""
    office: str = ""
    community: str = ""
    street: str = ""
    house: str = ""
    compound: str = ""
    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    near: str = ""
    rest: str = ""
    at: int = -1


def clean(text: str) -> str:
    """One way to write: half-width, small letters, digits for numerals, commas for other signs."""
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)[:LONGEST]
    text = _DIGIT_GAP.sub("-", text.lower().translate(_SIGNS))
    text = "".join(text.split())
    text = _COMMAS.sub(",", _NO_SIGN.sub(_kept_or_comma, text))
    return _WRITTEN_OUT.sub(_as_digits, text)


def read(text: str) -> Address:
    """The parts of an address."""
    text = clean(text)
    numbers, start, end = _numbers(text)
    head = text[:start] if start > 0 else text[end:] if start == 0 else text
    parts: dict[str, str] = {}
    near = _NEAR.search(text, max(end, 0)) or _NEAR.search(text)
    if near:
        parts["near"] = near.group()
        if start < 0:
            head = head[: near.start()]
    head = _LEAD.sub("", head).strip(",")
    head = _PROVINCE.sub("", head, count=1) if head[:12].find("市") > 0 else head
    for part, pattern in (("county", _COUNTY), ("office", _OFFICE), ("community", _COMMUNITY)):
        if found := pattern.search(head):
            parts[part] = _OFFICE_END.sub(r"\1", found.group(1))
            head = _without(head, found.span(), parts[part])
    if found := _STREET.search(head):
        parts["street"] = found.group(1).strip(",")
        numbers.setdefault("house", found.group(2) or "")
        head = (head[: found.start()] + "," + head[found.end() :]).strip(",")
    pieces = [piece for piece in head.split(",") if piece]
    if pieces:
        parts["compound"] = pieces[-1] if start > 0 else pieces[0]
    rest = text[end:].strip(",") if end > 0 else ""
    return Address(text, **(numbers | parts), rest=rest, at=start)


def building_number(text: str) -> str:
    """The number of a building in its name (康馨新村3号楼 gives 3), or an empty text."""
    return _numbers(clean(text))[0].get("building", "")


def numeral(words: str) -> int:
    """What a written-out number comes to: 二十一 and 贰拾壹 and 二一 are 21."""
    if not any(sign in _TENS for sign in words):
        return int("".join(str(_DIGITS[sign]) for sign in words) or 0)
    total, digit = 0, 0
    for sign in words:
        if sign in _TENS:
            total += (digit or 1) * _TENS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def _as_digits(found: re.Match[str]) -> str:
    words = found.group()
    return str(numeral(words)) if len(words) <= 8 else words


def _kept_or_comma(found: re.Match[str]) -> str:
    """Invisible signs vanish, others part what stands beside them."""
    signs = found.group()
    return "" if all(unicodedata.category(sign)[0] == "C" for sign in signs) else ","


def _without(head: str, span: tuple[int, int], name: str) -> str:
    """The text without this part, told once or twice."""
    rest = head[: span[0]] + "," + head[span[1] :]
    return rest.replace(name, ",").strip(",")


def _numbers(text: str) -> tuple[dict[str, str], int, int]:
    """Building, unit, floor and room; where they begin and end (-1: there are none)."""
    plain = _DATE.sub(_blank, _LONG_NUMBER.sub(_blank, text))
    out: dict[str, str] = {}
    start, end = _dashed(plain, out)
    if start < 0:
        start, end = _told(plain, out)
    if found := _UNIT.search(plain):
        out.setdefault("unit", found.group(1) or found.group(2))
        start, end = _wider(start, end, found.span())
    if found := _UNIT_ROOM.search(plain):
        out.setdefault("unit", found.group(1))
        out.setdefault("room", found.group(2))
    if found := _ROOM.search(plain):
        out.setdefault("room", found.group(1) or found.group(2))
    if (found := _FLOOR.search(plain, max(end, 0))) and found.start() - max(end, 0) <= 4:
        out["floor"] = found.group(1)
    return (
        {name: value if name == "room" else _bare(value) for name, value in out.items()},
        start,
        end,
    )


def _dashed(plain: str, out: dict[str, str]) -> tuple[int, int]:
    """Numbers with dashes between: 3-2-501, 3-501, 3-2单元."""
    for pattern, names in _DASHED:
        found = pattern.search(plain)
        if found and not _ROAD_END.search(plain, 0, found.start()):
            out.update(zip(names, found.groups(), strict=True))
            return found.span()
    return -1, -1


def _told(plain: str, out: dict[str, str]) -> tuple[int, int]:
    """The building among the numbers with a 号 or 栋; that of a house in a street is put aside."""
    best: re.Match[str] | None = None
    for found in _BUILDING.finditer(plain):
        sign = found.group(2) or found.group(4)
        if sign == "号" and _ROAD_END.search(plain, 0, found.start()):
            out.setdefault("house", _bare(found.group(1)))
        elif best is None or (best.group(2) == "号" and sign != "号"):
            best = found
    if best is None:
        return -1, -1
    out["building"] = best.group(1) or best.group(3)
    return best.span()


def _wider(start: int, end: int, span: tuple[int, int]) -> tuple[int, int]:
    return span if start < 0 else (min(start, span[0]), max(end, span[1]))


def _blank(found: re.Match[str]) -> str:
    return "," * len(found.group())


def _bare(number: str) -> str:
    """Without zeros in front."""
    return number.lstrip("0") or number[-1:]
