"""The rules, each a pair of files: `lazy_read.py` says when, `lazy_read.md` says why."""

from __future__ import annotations

from typing import Final

from loadwise.core.judge import Rule
from loadwise.rules.awaitable_in_loop import awaitable_in_loop
from loadwise.rules.deferred_read import deferred_read
from loadwise.rules.detached_read import detached_read
from loadwise.rules.dynamic_read import dynamic_read
from loadwise.rules.expired_read import expired_read
from loadwise.rules.generated_read import generated_read
from loadwise.rules.get_in_loop import get_in_loop
from loadwise.rules.immediate_repeat import immediate_repeat
from loadwise.rules.ineffective_loading import ineffective_loading
from loadwise.rules.lazy_read import lazy_read
from loadwise.rules.lazy_write import lazy_write
from loadwise.rules.load_in_loop import load_in_loop
from loadwise.rules.masked_read import masked_read
from loadwise.rules.refresh_in_loop import refresh_in_loop
from loadwise.rules.registry import page
from loadwise.rules.row_explosion import row_explosion
from loadwise.rules.shared_session import shared_session
from loadwise.rules.silent_wrong_value import silent_wrong_value
from loadwise.rules.swallowed_missing_greenlet import swallowed_missing_greenlet
from loadwise.rules.sync_call import sync_call
from loadwise.rules.unset_read import unset_read
from loadwise.rules.unused_eager_load import unused_eager_load

__all__ = ["RULES", "page"]

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (
            lazy_read,
            expired_read,
            generated_read,
            unset_read,
            deferred_read,
            detached_read,
            dynamic_read,
            lazy_write,
            shared_session,
            sync_call,
            masked_read,
            load_in_loop,
            awaitable_in_loop,
            get_in_loop,
            refresh_in_loop,
            immediate_repeat,
            unused_eager_load,
            row_explosion,
            swallowed_missing_greenlet,
            ineffective_loading,
            silent_wrong_value,
        ),
        key=lambda rule: rule.code,
    )
)
