# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-by-commit
# cure: safe: await session.refresh(task)
# adds: 1
"""A helper in another module commits: that is not to be seen where it is called."""

from sqlalchemy.ext.asyncio import AsyncSession

from commit_in_helper.models import Base, Task
from commit_in_helper.store import find, save


def rows() -> list[Base]:
    return [Task(id=1, title="write")]


async def main(session: AsyncSession) -> str:
    task = await find(session, 1)
    task.done = True
    await save(session, task)
    return task.title  # read
