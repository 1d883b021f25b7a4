"""The rules, each a pair of files: `lazy_read.py` says when, `lazy_read.md` says why."""

from __future__ import annotations

from typing import Final

from loadwise.core.judge import Rule
from loadwise.rules.deferred_read import deferred_read
from loadwise.rules.expired_read import expired_read
from loadwise.rules.generated_read import generated_read
from loadwise.rules.lazy_read import lazy_read
from loadwise.rules.lazy_write import lazy_write
from loadwise.rules.registry import page
from loadwise.rules.unset_read import unset_read

__all__ = ["RULES", "page"]

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (lazy_read, expired_read, generated_read, unset_read, deferred_read, lazy_write),
        key=lambda rule: rule.code,
    )
)
