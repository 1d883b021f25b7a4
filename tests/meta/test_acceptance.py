"""The thirty acceptance cases of the run-time engine, A01 to A30: which tests hold each."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
CASES: Final[dict[str, tuple[str, ...]]] = {
    "A01": ("programs/two_hops", "programs/option_with_more_below"),
    "A02": ("programs/eager_mapping_above",),
    "A03": ("programs/three_scalar_hops", "programs/three_hops_expression"),
    "A04": ("programs/collection_then_items",),
    "A05": ("programs/aliased_root", "programs/aliased_root_elsewhere"),
    "A06": ("programs/two_entities",),
    "A07": ("programs/nested_subclass_relation", "programs/nested_subclass_column"),
    "A08": ("programs/single_table_relation",),
    "A09": ("programs/composite_key",),
    "A10": ("programs/get_hit_with_options", "programs/get_from_identity_map"),
    "A11": ("programs/merge",),
    "A12": ("programs/insert_returning",),
    "A13": ("programs/commit_in_begin_block",),
    "A14": ("programs/savepoint_rollback", "near_misses/savepoint_spares_the_clean"),
    "A15": ("programs/commit_in_helper", "programs/committed_twice"),
    "A16": ("observe/test_recorder::test_of_two_names_that_are_expired_a_third_one_is_silent",),
    "A17": (
        "programs/bulk_update_that_fetches",
        "observe/test_recorder::test_a_bulk_update_names_its_line",
    ),
    "A18": (
        "observe/test_recorder::test_a_column_that_the_database_makes_fails_just_as_in_vanilla",
        "near_misses/version_counter",
    ),
    "A19": (
        "programs/append_to_new",
        "observe/test_recorder::test_the_children_of_a_new_parent_are_told_with_the_add",
    ),
    "A20": (
        "programs/pending_object",
        "observe/test_recorder::test_a_pending_object_survives_a_read_that_fails",
        "observe/test_never_harm::test_a_failing_read_raises_before_autoflush_and_loses_nothing",
    ),
    "A21": ("programs/detached_in_task",),
    "A22": (
        "observe/test_never_harm::test_each_error_names_the_select_of_its_own_task",
        "observe/test_recorder::test_sessions_of_tasks_are_told_apart",
    ),
    "A23": ("observe/test_recorder::test_rows_of_a_stream_keep_its_line",),
    "A24": ("programs/jinja_include",),
    "A25": ("programs/fastapi_thread",),
    "A26": ("observe/test_recorder::test_a_project_that_hands_out_dicts_is_not_told_of_waste",),
    "A27": ("idle/used_by_one_of_three_callers", "needless/unused_by_all_callers"),
    "A28": (
        "observe/test_recorder::test_a_synchronous_session_in_the_same_process",
        "observe/test_never_harm::test_a_synchronous_session_on_psycopg_is_left_alone",
    ),
    "A29": (
        "observe/test_never_harm::test_a_watch_that_starts_again_does_not_listen_twice",
        "observe/test_never_harm::test_stop_leaves_sqlalchemy_as_it_was",
        "observe/test_never_harm::test_classes_mapped_before_while_and_after",
        "observe/test_never_harm::test_pickles_are_those_of_vanilla",
        "observe/test_never_harm::test_pickles_are_usable_where_loadwise_is_not",
        "observe/test_never_harm::test_an_unpickled_object_never_gets_the_line_of_another",
    ),
    "A30": (
        "observe/test_faults::test_a_listener_that_fails",
        "observe/test_faults::test_an_explanation_that_fails",
        "observe/test_faults::test_a_recorder_that_fails",
        "observe/test_memory::test_a_queue_of_errors_keeps_no_instance_alive",
    ),
}
"""Programs of the scenarios by folder and name, other tests by module and name."""


def test_none_of_the_thirty_is_missing() -> None:
    assert list(CASES) == [f"A{number:02}" for number in range(1, 31)]


@pytest.mark.parametrize("case", CASES)
def test_the_tests_of_a_case_are_there(case: str) -> None:
    assert CASES[case]
    missing = [name for name in CASES[case] if not _is_there(name)]
    assert not missing


def _is_there(name: str) -> bool:
    module, _, function = name.partition("::")
    if function:
        return function in _functions(TESTS / f"{module}.py")
    program = TESTS / "scenarios" / name
    return program.with_suffix(".py").exists() or (program / "main.py").exists()


@cache
def _functions(module: Path) -> frozenset[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in tree.body if isinstance(node, functions))
