# rule: expired-read
# attribute: Account.owner
# instance: Account 1
# cause: expired-by-rollback
# cure: safe: await session.refresh(account)
# adds: 1
"""A transfer is refused; the message about it reads the account after the rollback."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    balance: Mapped[int]


def rows() -> list[Base]:
    return [Account(id=1, owner="Ann", balance=10)]


async def withdraw(session: AsyncSession, number: int, amount: int) -> str:
    account = await session.get_one(Account, number)  # load
    account.balance -= amount
    await session.flush()
    if account.balance < 0:
        await session.rollback()  # cause
        return f"{account.owner} has too little"  # read
    await session.commit()
    return "done"


async def main(session: AsyncSession) -> str:
    return await withdraw(session, 1, 25)
