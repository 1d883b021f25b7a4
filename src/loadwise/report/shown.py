"""Shown: whether a finding is shown, and how much it weighs there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from loadwise.core.finding import Finding, Level
from loadwise.core.nearest import nearest
from loadwise.rules import RULES

Levels = Mapping[str, Level]
"""What rules weigh here, by name; `Level.HIDDEN` where a rule is off."""

AS_DECLARED: Final[Levels] = MappingProxyType({})
WORDS: Final = {
    **{str(level): level for level in (Level.ERROR, Level.WARNING, Level.NOTE)},
    "off": Level.HIDDEN,
}
"""How a level is written by a person."""


def shown(
    finding: Finding, *, levels: Levels = AS_DECLARED, allowed: Collection[str] = ()
) -> Finding | None:
    """The finding, at the level that it has here; None where it is not shown.

    `allowed` are names of attributes (`User.organization`) and of rules. This is the one place that
    decides it, for every format.
    """
    level = levels.get(finding.rule, finding.level)
    named = {finding.rule, finding.attribute, finding.path}
    if level is Level.HIDDEN or not named.isdisjoint(allowed):
        return None
    return finding if level is finding.level else replace(finding, level=level)


def levels_of(lines: Iterable[str]) -> Levels:
    """The levels that lines like `lazy-read = warning` give. Raises ValueError with one line."""
    levels: dict[str, Level] = {}
    for line in lines:
        rule, equals, word = (part.strip() for part in line.partition("="))
        if not equals:
            raise ValueError(f"{line.strip()!r} is not `rule = level`")
        levels[known_rule(rule)] = _level(word)
    return levels


def known_rule(name: str) -> str:
    """The name of a rule. Raises ValueError, with the nearest names, where there is none."""
    names = [rule.name for rule in RULES]
    if name not in names:
        meant = nearest(name, names) or f"the rules are {', '.join(names)}"
        raise ValueError(f"there is no rule {name!r}: {meant}")
    return name


def _level(word: str) -> Level:
    if word not in WORDS:
        meant = nearest(word, WORDS) or f"the levels are {', '.join(WORDS)}"
        raise ValueError(f"there is no level {word!r}: {meant}")
    return WORDS[word]
