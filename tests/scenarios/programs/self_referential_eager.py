# rule: lazy-read
# attribute: Node.children
# instance: Node 3
# cause: depth-exhausted
# cure: unsafe: session.get_one(Node, 1, options=[selectinload(Node.children, recursion_depth=-1)])
# adds: 2
"""The children are mapped as eager, which on a tree goes two levels deep, and then stops."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), nullable=True)
    children: Mapped[list[Node]] = relationship(lazy="selectin", join_depth=2)


def rows() -> list[Base]:
    leaf = Node(id=4)
    return [Node(id=1, children=[Node(id=2, children=[Node(id=3, children=[leaf])])])]


def depth(node: Node) -> int:
    return 1 + max(map(depth, node.children), default=0)  # read


async def main(session: AsyncSession) -> int:
    root = await session.get_one(Node, 1)  # load
    return depth(root)
