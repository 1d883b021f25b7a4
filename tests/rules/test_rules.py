"""The rules divide the gaps among them: each gap is one rule's."""

import itertools

import pytest

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.finding import Level
from loadwise.core.have import Have, Loss
from loadwise.core.judge import Rule, judge
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.path import Path
from loadwise.core.tree import parse
from loadwise.core.use import Subject, Use
from loadwise.rules import RULES, page

POSTS = Path.parse("User.posts")
NOT_YET = {CauseKind.DETACHED, CauseKind.DYNAMIC}
"""Causes whose rules (detached-read, dynamic-read) are still to come."""


def use(kind: CauseKind, touch: Touch) -> Use:
    loss = Loss(path=POSTS, cause=Cause(kind=kind))
    return Use(
        subject=Subject(entity="app.User"),
        have=Have.known(parse("User{id}"), lost=[loss]),
        need=Need.of(Touched(path=POSTS, touch=touch)),
    )


@pytest.mark.parametrize(("kind", "touch"), list(itertools.product(CauseKind, Touch)))
def test_each_gap_is_one_rule_s(kind: CauseKind, touch: Touch) -> None:
    found = list(judge([use(kind, touch)], rules=RULES))
    expected = 0 if kind in NOT_YET and touch is not Touch.WRITE else 1
    assert len(found) == expected
    assert all(finding.level is Level.ERROR for finding in found)


@pytest.mark.parametrize(
    ("kind", "touch", "rule"),
    [
        (CauseKind.NEVER_LOADED, Touch.READ, "lazy-read"),
        (CauseKind.EXPIRED_BY_COMMIT, Touch.SERIALISE, "expired-read"),
        (CauseKind.EXPIRED_BY_FLUSH, Touch.READ, "generated-read"),
        (CauseKind.NEW_OBJECT, Touch.ITERATE, "unset-read"),
        (CauseKind.DEFERRED, Touch.READ, "deferred-read"),
        (CauseKind.NEVER_LOADED, Touch.WRITE, "lazy-write"),
    ],
)
def test_the_cause_decides_the_rule(kind: CauseKind, touch: Touch, rule: str) -> None:
    assert [finding.rule for finding in judge([use(kind, touch)], rules=RULES)] == [rule]


def test_codes_are_distinct_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_named_like_its_module_and_its_page(rule: Rule) -> None:
    assert rule.check.__module__ == f"loadwise.rules.{rule.name.replace('-', '_')}"
    assert page(rule).startswith(f"# {rule.name} (LW{rule.code})")
    assert rule.summary
