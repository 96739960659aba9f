"""Two servers with one fault each, for lesson 11. Reading on spoils the lesson."""

from __future__ import annotations

from dataclasses import replace

from reference_auth.core.judge import Presented
from reference_auth.core.rows import Row
from reference_auth.core.tokens import TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store import items


class First(Flow):
    """The shop's server."""

    async def rotate(self, presented: Presented) -> TokenPair:
        row = await presented.row()
        presented.claims = replace(presented.claims, customer_id=row.customer_id)
        return await super().rotate(presented)


class Second(Flow):
    """Another shop's server."""

    async def end(self, row: Row, presented: Presented) -> None:
        async for page in self.sessions.pages(row.customer_id):
            await self.sessions.delete_all([items.read_row(item) for item in page])
