"""Who looks at a screen: its user alone, or all who stand before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from api.signing_in import current_actor

if TYPE_CHECKING:
    from geodata.accounts import Actor


class Looking(BaseModel):
    """Whether personal data may stand on the screen that asks."""

    masked: bool = Field(
        False, description="for a screen that many see: nothing personal, whatever the role"
    )

    def actor(self) -> Actor:
        """The user, or one who only looks and is on duty where the user is."""
        actor = current_actor()
        return actor.onlooking() if self.masked else actor
