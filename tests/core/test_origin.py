"""Where an attribute comes from: what a statement loads of itself."""

from __future__ import annotations

import pytest

from loadwise.core.origin import EntityName, Hop, Shape
from loadwise.core.strategy import Strategy


@pytest.mark.parametrize(
    ("shape", "chosen", "loaded"),
    [
        (Shape.COLUMN, Strategy.SELECT, True),
        (Shape.COLUMN, Strategy.DEFER, False),
        (Shape.COLLECTION, Strategy.SELECT, False),
        (Shape.COLLECTION, Strategy.SELECTIN, True),
    ],
)
def test_a_statement_loads_columns_that_are_not_deferred_and_what_is_eager(
    shape: Shape, chosen: Strategy, loaded: bool
) -> None:
    hop = Hop(
        owner=EntityName(module="shop", name="User"), name="posts", shape=shape, chosen=chosen
    )
    assert hop.is_loaded is loaded
