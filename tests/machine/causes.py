"""Causes: where the model and `watch()` may give different reasons for one read, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final

from loadwise.core.cause import CauseKind as Kind

Pair = tuple[Kind, Kind]

EXPIRED: Final = (
    Kind.EXPIRED_BY_COMMIT,
    Kind.EXPIRED_BY_ROLLBACK,
    Kind.EXPIRED_BY_FLUSH,
    Kind.EXPIRED_BY_BULK_UPDATE,
    Kind.EXPIRED_EXPLICITLY,
)
TAKEN: Final = (*EXPIRED, Kind.DROPPED_BY_REFRESH, Kind.REPLACED_BY_POPULATE_EXISTING)
MISSED: Final = (
    Kind.NEVER_LOADED,
    Kind.CYCLE_CUT,
    Kind.DEPTH_EXHAUSTED,
    Kind.OPTIONS_IGNORED,
    Kind.SUBCLASS_COLUMN,
)
LEFT_OUT: Final = (Kind.DEFERRED, Kind.LOAD_ONLY)

AGAIN: Final = (
    "a statement met the object again and did not bring it: the model says what took it away, "
    "watch() why the newest statement did not bring it back"
)
SEVERAL: Final = (
    "several things expired it: for the model the first since its value was there, for watch() the "
    "first since the newest statement that met the object, or the newest"
)
NEITHER: Final = (
    "the statement with populate_existing did not ask for it, and no earlier one did: the model "
    "says so, watch() that values were replaced"
)
LATER: Final = (
    "it was not loaded when it was expired, or when another transaction ended after the object had "
    "left: the model says why it was not loaded, watch() what came later"
)
BOTH: Final = "both hold: it is left out, and was expired with the rest; either alone means IO"
UNSET: Final = (
    "both hold: the object was inserted without it, and a statement that met it later did not "
    "bring it"
)
REFUSAL: Final = (
    "of a detached object: raise_on_sql is not what refuses there; watch() says why it was missing"
)
IN_VAIN: Final = (
    "the model knows which rule cut the way short, watch() tells it by the mapping and the classes "
    "on the way"
)
OF_ANOTHER: Final = (
    "watch() takes the refresh of another object, whose statement met this one, for its own: what "
    "is wrong there is the word, not the cure"
)


def _each(mine: Iterable[Kind], told: Iterable[Kind], why: str) -> dict[Pair, str]:
    return {(one, other): why for one, other in product(mine, told) if one is not other}


DIFFER: Final[Mapping[Pair, str]] = {
    **_each(TAKEN, MISSED, AGAIN),
    **_each(EXPIRED, (Kind.REPLACED_BY_POPULATE_EXISTING,), AGAIN),
    **_each(EXPIRED, EXPIRED, SEVERAL),
    **_each(EXPIRED, LEFT_OUT, BOTH),
    **_each((Kind.RAISE_CONFIGURED,), (*MISSED, *TAKEN), REFUSAL),
    **_each(MISSED, MISSED, IN_VAIN),
    **_each(MISSED, (Kind.REPLACED_BY_POPULATE_EXISTING,), NEITHER),
    **_each((*MISSED, *LEFT_OUT), EXPIRED, LATER),
    **_each((Kind.NEW_OBJECT,), (*MISSED, Kind.DEFERRED, Kind.DROPPED_BY_REFRESH), UNSET),
    **_each((*MISSED, *EXPIRED, Kind.RAISE_CONFIGURED), (Kind.DROPPED_BY_REFRESH,), OF_ANOTHER),
}
"""What the model says, and what `watch()` says of the same read: each pair with its reason."""
