"""The queries."""

from sqlalchemy.ext.asyncio import AsyncSession

from commit_in_helper.models import Task


async def find(session: AsyncSession, task_id: int) -> Task:
    return await session.get_one(Task, task_id)  # load


async def save(session: AsyncSession, task: Task) -> None:
    session.add(task)
    await session.commit()  # cause
