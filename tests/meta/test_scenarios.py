"""Each rule and each cause that run time sees has a program that shows it, and one that is near.

What is near looks like it and is not: nothing is said of it, or something else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pytest

from loadwise.core.cause import CauseKind
from loadwise.rules import RULES
from tests.scenarios.program import Program, programs

SCENARIOS: Final = Path(__file__).parents[1] / "scenarios"
NEAR_RULES: Final[dict[str, tuple[str, ...]]] = {
    "lazy-read": ("near_misses/loaded_reads", "near_misses/run_sync", "idle/loaded_in_run_sync"),
    "masked-read": ("idle/parent_of_a_collection", "idle/set_by_hand"),
    "expired-read": ("near_misses/kept_over_commit", "near_misses/refresh_loads_again"),
    "generated-read": ("near_misses/version_counter",),
    "unset-read": ("near_misses/transient", "idle/new_object_of_nobody"),
    "deferred-read": ("near_misses/loaded_columns",),
    "detached-read": ("near_misses/detached_loaded", "idle/read_after_the_session"),
    "lazy-write": ("near_misses/assign_reference", "idle/eager_for_a_set"),
    "dynamic-read": ("near_misses/dynamic_relation", "near_misses/write_only_relation"),
    "load-in-loop": ("idle/selectinload_in_batches", "idle/pagination"),
    "awaitable-in-loop": ("idle/a_session_for_each_job", "near_misses/awaitable_attrs"),
    "get-in-loop": ("idle/two_gets", "idle/merged_one_after_the_other"),
    "refresh-in-loop": ("idle/polling", "idle/retries"),
    "immediate-repeat": ("needless/refresh_of_a_collection_in_loop",),
    "unused-eager-load": (
        "idle/used_by_one_of_three_callers",
        "idle/eager_for_a_delete",
        "idle/contains_eager_that_is_read",
    ),
    "row-explosion": ("idle/selected_side_by_side", "idle/joined_reference_under_a_limit"),
    "shared-session": ("idle/tasks_one_after_the_other",),
    "sync-call": ("near_misses/sync_half", "near_misses/sync_session"),
    "swallowed-missing-greenlet": ("programs/caught_and_raised_again",),
    "ineffective-loading": (
        "idle/get_with_options_that_count",
        "idle/selectinload_of_returning",
        "idle/joined_self_reference_with_depth",
    ),
    "silent-wrong-value": ("near_misses/null_foreign_key", "idle/new_object_in_session"),
}
NEAR_CAUSES: Final[dict[CauseKind, tuple[str, ...]]] = {
    CauseKind.NEVER_LOADED: ("near_misses/loaded_reads",),
    CauseKind.EXPIRED_BY_COMMIT: ("near_misses/kept_over_commit",),
    CauseKind.EXPIRED_BY_ROLLBACK: (
        "near_misses/savepoint_released",
        "near_misses/savepoint_spares_the_clean",
    ),
    CauseKind.EXPIRED_BY_FLUSH: ("near_misses/version_counter",),
    CauseKind.EXPIRED_BY_BULK_UPDATE: ("near_misses/bulk_update_in_python",),
    CauseKind.EXPIRED_EXPLICITLY: ("programs/bulk_update", "near_misses/refresh_loads_again"),
    CauseKind.DROPPED_BY_REFRESH: ("near_misses/refresh_loads_again",),
    CauseKind.REPLACED_BY_POPULATE_EXISTING: ("near_misses/replaced_with_its_relation",),
    CauseKind.NEW_OBJECT: ("near_misses/transient", "programs/new_after_commit"),
    CauseKind.DEFERRED: ("near_misses/loaded_columns",),
    CauseKind.LOAD_ONLY: ("near_misses/loaded_columns",),
    CauseKind.DETACHED: ("near_misses/detached_loaded", "near_misses/detached_and_back"),
    CauseKind.SUBCLASS_COLUMN: ("programs/single_table_relation",),
    CauseKind.DEPTH_EXHAUSTED: ("programs/self_referential",),
    CauseKind.CYCLE_CUT: ("programs/self_referential_eager",),
    CauseKind.OPTIONS_IGNORED: ("programs/get_with_options",),
    CauseKind.DYNAMIC: ("near_misses/dynamic_relation",),
    CauseKind.RAISE_CONFIGURED: ("programs/lazyload_option",),
    CauseKind.OUTSIDE_GREENLET: ("near_misses/sync_half",),
    CauseKind.SWALLOWED: ("programs/caught_and_raised_again",),
    CauseKind.CONCURRENT_USE: ("idle/tasks_one_after_the_other",),
}


@cache
def shown() -> tuple[Program, ...]:
    """The programs of which something is said."""
    return (*programs(SCENARIOS / "programs"), *programs(SCENARIOS / "needless"))


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_a_rule_has_a_program_and_one_that_is_near(name: str) -> None:
    assert any(program.head["rule"] == name for program in shown())
    assert NEAR_RULES[name]
    assert all(is_near(near, "rule", name) for near in NEAR_RULES[name])


@pytest.mark.parametrize("kind", [kind for kind in CauseKind if kind is not CauseKind.UNKNOWN])
def test_a_cause_has_a_program_and_one_that_is_near(kind: CauseKind) -> None:
    assert any(program.head.get("cause") == kind.value for program in shown())
    assert NEAR_CAUSES[kind]
    assert all(is_near(near, "cause", kind.value) for near in NEAR_CAUSES[kind])


def is_near(program: str, key: str, value: str) -> bool:
    """Whether there is such a program, and it says something else."""
    folder, _, name = program.partition("/")
    found = [one for one in programs(SCENARIOS / folder) if one.name == name]
    return len(found) == 1 and found[0].head.get(key) != value
