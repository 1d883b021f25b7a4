"""Every test of the article runs twice: as SQLAlchemy is, and under `loadwise.watch()`."""

from collections.abc import Iterator

import pytest

import loadwise


@pytest.fixture(params=[False, True], ids=["vanilla", "watched"])
def watched(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether loadwise is on."""
    if not request.param:
        yield False
        return
    with loadwise.watch():
        yield True
