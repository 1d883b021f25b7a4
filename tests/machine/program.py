"""Program: the operations of a world, written down, so that they can be done again, and cut down.

A program that ends in a disagreement is worth reading only when it is short. Leaving out one
operation after the other takes seconds, where shrinking what was drawn may take many minutes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

from tests.machine.world import TALLY, Call, DisagreementError, World

ROUNDS: Final = 3
"""How often all operations are gone through."""

LONGEST: Final = 30
"""Seconds, after which a program is left as long as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A disagreement, and the shortest program found that ends in it."""

    schema: int
    text: str
    program: tuple[Call, ...]


seen: Final[set[tuple[int, str, str]]] = set()
"""The disagreements that were cut down: where, what, and by which operation."""


def found(world: World, error: DisagreementError) -> Failure | None:
    """The disagreement that a world came to, cut down; None for one like an earlier one."""
    text, counted = str(error), copy(TALLY)
    key = world.schema.number, re.sub(r"\d+", "…", _first(text)), world.program[-1].name
    if key in seen:
        return None
    seen.add(key)
    world.close()  # there is one connection to the database

    def fails(program: Sequence[Call]) -> bool:
        return _first(replay(world, program)) == _first(text)

    program = tuple(world.program)
    if fails(program):
        program = shortest(program, fails)
        text = replay(world, program)
    TALLY.reset(counted)
    return Failure(schema=world.schema.number, text=text, program=program)


def _first(text: str) -> str:
    return text.partition("\n")[0]


def replay(like: World, program: Sequence[Call]) -> str:
    """What a program ends in, in a new world like another: the disagreement, or nothing."""
    world = World(like.schema, expire_on_commit=like.expire_on_commit, watched=like.watched)
    try:
        for call in program:
            world.do(call)
            world.check()
    except DisagreementError as error:
        return str(error)
    except Exception as error:  # what is left out may be what another operation needs
        return f"{type(error).__name__}: {error}"
    finally:
        world.close()
    return ""


def shortest(
    program: tuple[Call, ...], fails: Callable[[Sequence[Call]], bool]
) -> tuple[Call, ...]:
    """A program that still fails, without the operations and the options that it can do without."""
    start = time.monotonic()
    for _ in range(ROUNDS):
        before = program
        place = len(program) - 1
        while place >= 0 and time.monotonic() - start < LONGEST:
            shorter = (*program[:place], *program[place + 1 :])
            if fails(shorter):
                program = shorter
            else:
                for simpler in program[place].simpler():
                    changed = (*program[:place], simpler, *program[place + 1 :])
                    if fails(changed):
                        program = changed
                        break
            place -= 1
        if program == before:
            break
    return program
