"""Names and numbers of which only so much is shown that one who knows them knows them again."""

from __future__ import annotations


def masked_name(name: str | None) -> str | None:
    """王小明 as 王**; a name of one sign says nothing at all."""
    if not name:
        return None
    return "*" if len(name) == 1 else name[0] + "*" * min(len(name) - 1, 4)


def masked_telephone(number: str | None) -> str | None:
    """13812341234 as 138****1234; a short one says nothing at all."""
    if not number:
        return None
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else "****"


def masked_address(address: str | None) -> str | None:
    """wang@example.org as w***@example.org."""
    if not address:
        return None
    name, at, host = address.partition("@")
    return f"{name[:1]}***{at}{host}" if at else "****"
