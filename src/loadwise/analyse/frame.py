"""Frame: one running function."""

from __future__ import annotations

from loadwise.analyse.values import Function, Value
from loadwise.analyse.world import World


class Frame:
    """One running function: where it is, what came back from it, and what ended it early."""

    __slots__ = (
        "breaks",
        "continues",
        "depth",
        "function",
        "greenlet",
        "name",
        "raises",
        "returns",
        "yields",
    )

    def __init__(self, function: Function, name: str, depth: int, *, greenlet: bool) -> None:
        self.function = function
        self.name = name
        self.depth = depth
        self.greenlet = greenlet
        self.returns: list[tuple[Value, World]] = []
        self.yields: list[Value] = []
        self.raises: list[World] = []
        self.breaks: list[World] = []
        self.continues: list[World] = []
