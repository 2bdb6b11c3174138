"""A review as a file that people take away."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from geodata.accounts import record, require
from geodata.cases.reviews.reviewing import Kind, review
from geodata.cases.reviews.sheets import document

if TYPE_CHECKING:
    from geodata.accounts import Actor
    from geodata.database import Database
    from geodata.profiles import Profile

Form = Literal["pdf", "xlsx"]


def review_file(
    database: Database,
    actor: Actor,
    profile: Profile,
    form: Form,
    *,
    kind: Kind,
    day: date,
    area: str | None = None,
    language: str = "zh",
) -> tuple[str, bytes]:
    """Name and content of the file; that it was taken is recorded.

    Raises:
        NotAllowed: the role may not export.
        NotFound: an area that never was.
        Unavailable: no typeface with Chinese for a PDF.
    """
    require(actor, "export")
    found = review(database, actor, profile, kind=kind, day=day, area=area)
    told = document(found, profile, language=language)
    if form == "pdf":
        from geodata.exchange.review_pdf import write_pdf  # noqa: PLC0415 - heavy

        content = write_pdf(
            told,
            zone=profile.zone,
            language=language,
            made_at=found.made_at,
            city=profile.name.read(language),
        )
    else:
        from geodata.exchange.review_excel import write_excel  # noqa: PLC0415 - heavy

        content = write_excel(told, zone=profile.zone, language=language)
    with database.begin() as tx:
        record(
            tx, actor, "exported", "cases", by="review", kind=kind, day=day.isoformat(), form=form
        )
    return f"{kind}-{found.since:%Y%m%d}{f'-{area}' if area else ''}.{form}", content
