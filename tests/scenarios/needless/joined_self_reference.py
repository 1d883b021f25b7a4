# rule: ineffective-loading
# attribute: Node.parent
# cause: depth-exhausted
# says: `Node.parent` is asked for here, and not loaded
# cure: display: Node.parent = relationship(..., lazy='joined', join_depth=1)
"""The parent is mapped as joined, and without join_depth no parent is ever joined."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped[Node | None] = relationship(remote_side="Node.id", lazy="joined")


def rows() -> list[Base]:
    return [Node(id=2, parent=Node(id=1))]


async def main(session: AsyncSession) -> int:
    node = (await session.scalars(select(Node).where(Node.id == 2))).one()  # load
    parent = await node.awaitable_attrs.parent
    return parent.id
