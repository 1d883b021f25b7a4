"""What errors say of attributes."""

from __future__ import annotations

import pytest

from loadwise.core.complaint import Complaint, complaints_of

GREENLET = "greenlet_spawn has not been called; can't call await_only() here."
PYDANTIC = f"""\
pydantic_core._pydantic_core.ValidationError: 2 validation errors for UserOut
team.members.0.boss
  Error extracting attribute: MissingGreenlet: {GREENLET} [type=get_attribute_error, \
input_value=<app.models.Member object at 0x7f>, input_type=Member]
    For further information visit https://errors.pydantic.dev/2.8/v/get_attribute_error
name
  Error extracting attribute: StatementError: (sqlalchemy.exc.MissingGreenlet) {GREENLET}
[SQL: SELECT 1] [type=get_attribute_error, input_value=<User 1>, input_type=User]
"""
FASTAPI = f"""\
fastapi.exceptions.ResponseValidationError: 1 validation errors:
  {{'type': 'get_attribute_error', 'loc': ('response', 0, 'team'), 'msg': "Error extracting \
attribute: MissingGreenlet: {GREENLET}", 'input': <app.models.User object at 0x7f>}}
"""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"sqlalchemy.exc.MissingGreenlet: {GREENLET}", Complaint()),
        (f"(sqlalchemy.exc.MissingGreenlet) {GREENLET}", Complaint()),
        (
            "Parent instance <User at 0x7f> is not bound; lazy load operation of attribute 'team'",
            Complaint(entity="User", attribute="team"),
        ),
        (
            "Instance <User at 0x7f> is not bound to a Session; attribute refresh operation",
            Complaint(entity="User"),
        ),
        (
            "'User.team' is not available due to lazy='raise'",
            Complaint(entity="User", attribute="team"),
        ),
        (
            "'User.bio' is not available due to raiseload=True",
            Complaint(entity="User", attribute="bio"),
        ),
        (FASTAPI, Complaint(entity="User", attribute="team", serialised=True)),
    ],
)
def test_one(said: str, expected: Complaint) -> None:
    assert complaints_of(said) == (expected,)


def test_all_that_pydantic_says() -> None:
    assert complaints_of(PYDANTIC) == (
        Complaint(entity="Member", attribute="boss", serialised=True),
        Complaint(entity="User", attribute="name", serialised=True),
    )


def test_a_place_without_a_name() -> None:
    assert complaints_of(FASTAPI.replace("('response', 0, 'team')", "(0,)")) == (Complaint(),)


@pytest.mark.parametrize(
    "said", ["", "KeyError: 'team'", "team\n  Field required [type=missing, input_type=dict]"]
)
def test_what_is_about_something_else(said: str) -> None:
    assert complaints_of(said) == ()
