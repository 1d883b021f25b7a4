"""Mutants: real source files, cut and changed at random, most so that they still parse."""

from __future__ import annotations

import ast
import copy
import random
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.analyse.test_cases import CASES, MODELS

LONGEST: Final = 60_000
"""Bytes of a file that is taken; longer ones only take longer."""


def sources() -> tuple[str, ...]:
    """The programs of the cases, with their models, and some files of what is installed here."""
    models = MODELS.replace("{prop}", "")
    own = [models + textwrap.dedent(text) for text in CASES.values()]
    folders = {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")}
    files = [
        file
        for folder in sorted(folders)
        for pattern in ("asyncio/*.py", "json/*.py", "sqlalchemy/ext/**/*.py", "fastapi/*.py")
        for file in sorted(folder.glob(pattern))
        if file.stat().st_size < LONGEST
    ]
    return (*own, *(file.read_text(encoding="utf-8", errors="replace") for file in files))


def truncated(text: str, chance: random.Random) -> str:
    """The beginning of a file, as an editor has saved it half."""
    return text[: chance.randrange(len(text) + 1)]


def without_lines(text: str, chance: random.Random) -> str:
    """Some lines less."""
    return "\n".join(line for line in text.split("\n") if chance.random() > 0.03)


def shuffled(text: str, chance: random.Random) -> str:
    """Two lines in each other's place."""
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def with_noise(text: str, chance: random.Random) -> str:
    """A few characters that do not belong there."""
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(text) + 1)
        text = f"{text[:place]}{chance.choice(NOISE)}{text[place:]}"
    return text


NOISE: Final = ("\x00", "\x0c", "\t", "\\", "'", '"""', "(", "]", ":", "é", "\ud7ff", "await ", "*")


def with_other_names(text: str, chance: random.Random) -> str:
    """Names, attributes and constants in each other's places; it parses as before."""
    tree = _parsed(text)
    if tree is None:
        return truncated(text, chance)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    for node in chance.sample(nodes, min(len(nodes), 8)):
        other = chance.choice(nodes)
        name = other.id if isinstance(other, ast.Name) else other.attr
        if isinstance(node, ast.Name):
            node.id = name
        else:
            node.attr = name
    return ast.unparse(tree)


def with_other_parts(text: str, chance: random.Random) -> str:
    """Expressions and statements in the place of others, some inside themselves."""
    tree = _parsed(text)
    if tree is None:
        return shuffled(text, chance)
    expressions = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    blocks = [body for node in ast.walk(tree) if (body := getattr(node, "body", None))]
    blocks = [body for body in blocks if isinstance(body, list)]
    for _ in range(3):
        body, other = chance.choice(blocks), chance.choice(blocks)
        body.insert(chance.randrange(len(body) + 1), copy.deepcopy(chance.choice(other)))
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and chance.random() < 0.01 and expressions:
                setattr(node, name, copy.deepcopy(chance.choice(expressions)))
    return ast.unparse(tree)


def _parsed(text: str) -> ast.Module | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    return tree if tree.body else None


WAYS: Final[tuple[Callable[[str, random.Random], str], ...]] = (
    truncated,
    without_lines,
    shuffled,
    with_noise,
    with_other_names,
    with_other_names,
    with_other_parts,
    with_other_parts,
)


def mutants(count: int, seed: int) -> Iterator[str]:
    """So many changed files, the same for the same seed on the same installation."""
    chance = random.Random(seed)
    texts = sources()
    own = len(CASES)
    for _ in range(count):
        text = chance.choice(texts[:own] if chance.random() < 0.7 else texts)
        for _ in range(chance.randrange(1, 4)):
            text = _changed(text, chance)
        yield text


def _changed(text: str, chance: random.Random) -> str:
    """The text, changed in one way; as it is where no code can be written for what came out."""
    try:
        return chance.choice(WAYS)(text, chance) or "\n"
    except (ValueError, TypeError, AttributeError, RecursionError):
        return text
