"""Print the SQL of all tables as the rooms describe them now."""

from __future__ import annotations

from sqlalchemy import create_mock_engine

import geodata.accounts.tables
import geodata.cases.duty.tables
import geodata.cases.tables
import geodata.exchange.tables
import geodata.places.tables
import geodata.plans.tables  # noqa: F401
from geodata.database.tables import metadata


def main() -> None:
    """Print one statement after the other."""

    def show(statement: object, *_: object, **__: object) -> None:
        text = str(statement.compile(dialect=engine.dialect)).strip()  # type: ignore[attr-defined]
        print("\n".join(line.rstrip() for line in text.splitlines()).replace("\t", "    ") + ";\n")

    engine = create_mock_engine("postgresql+psycopg://", show)
    metadata.create_all(engine, checkfirst=False)


if __name__ == "__main__":
    main()
