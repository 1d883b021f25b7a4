"""The rules for what does no harm this time: each use is one rule's, and no gap's beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.finding import Finding, Level
from loadwise.core.have import Have, Loss
from loadwise.core.judge import judge
from loadwise.core.need import Need, Touched
from loadwise.core.path import Path
from loadwise.core.plan import Choice, Plan
from loadwise.core.strategy import Strategy
from loadwise.core.tally import tally
from loadwise.core.tree import parse
from loadwise.core.use import Context, Counted, Spared, Subject, Times, Use, Via
from loadwise.rules import RULES

POSTS = Path.parse("User.posts")
LOSS = Loss(path=POSTS, cause=Cause(kind=CauseKind.NEVER_LOADED))
GAP = Use(
    subject=Subject(entity="app.User", instance="User 1"),
    have=Have.known(parse("User{id}"), lost=[LOSS]),
    need=Need.of(Touched(path=POSTS)),
    context=Context.ASYNC,
)
REPEAT = replace(GAP, context=Context.GREENLET, times=Times.PER_ITEM)
RULE_OF = {
    Via.READ: "load-in-loop",
    Via.DELETE: "load-in-loop",
    Via.AWAITABLE: "awaitable-in-loop",
    Via.GET: "get-in-loop",
    Via.REFRESH: "refresh-in-loop",
    Via.IMMEDIATE: "immediate-repeat",
}


def found(use: Use) -> list[Finding]:
    return list(judge([use], rules=RULES))


def test_a_gap_that_is_spared_is_masked_and_no_lazy_read() -> None:
    for spared in (Spared.TARGET_HELD, Spared.NULL_KEY):
        (finding,) = found(replace(GAP, spared=spared))
        assert (finding.rule, finding.level) == ("masked-read", Level.NOTE)
        assert finding.message == "`User.posts` is not loaded here, and works by luck"
    assert [one.rule for one in found(GAP)] == ["lazy-read"]


def test_a_gap_that_is_answered_with_none_is_a_wrong_value() -> None:
    (finding,) = found(replace(GAP, spared=Spared.BLANK))
    assert finding.rule == "silent-wrong-value"


@pytest.mark.parametrize("via", Via)
@pytest.mark.parametrize("kind", [CauseKind.NEVER_LOADED, CauseKind.EXPIRED_BY_COMMIT])
def test_a_repeat_is_the_finding_of_one_rule(via: Via, kind: CauseKind) -> None:
    loss = replace(LOSS, cause=Cause(kind=kind))
    have = replace(REPEAT.have, lost=(loss,))
    counted = Counted(objects=20, statements=20)
    (finding,) = found(replace(REPEAT, have=have, via=via, counted=counted))
    assert (finding.rule, finding.level) == (RULE_OF[via], Level.WARNING)
    assert "20" in finding.message
    assert (finding.evidence.objects, finding.evidence.statements) == (20, 20)


def test_a_repeat_says_how_often() -> None:
    def said(use: Use) -> str:
        return found(use)[0].message

    each = replace(REPEAT, counted=Counted(objects=20, statements=20))
    assert said(each) == "`User.posts` is loaded once for each of 20 User objects"
    some = replace(REPEAT, counted=Counted(objects=20, statements=3))
    assert said(some) == "`User.posts` is loaded 3 times for 20 User objects"
    held = replace(REPEAT.have, may=parse("User{id posts}"))
    hidden = replace(REPEAT, have=held, counted=Counted(objects=1))
    assert said(hidden) == "`User.posts` may be loaded once for each User object here"


def plan(*paths: str) -> Plan:
    tree = parse("User{id posts{comments}}")
    choices = tuple(Choice(path=Path.parse(one), strategy=Strategy.SELECTIN) for one in paths)
    return Plan(tree=tree, may=tree, choices=choices)


def test_of_what_is_not_needed_the_first_part_is_waste() -> None:
    counted = Counted(objects=40, statements=0, executions=12)
    use = replace(
        GAP,
        have=Have.known(parse("User{id posts{comments}}")),
        need=Need.of(Touched(path=Path.parse("User.id"))),
        plan=plan("User.posts", "User.posts.comments"),
        counted=counted,
    )
    (finding,) = found(use)
    assert (finding.rule, finding.attribute) == ("unused-eager-load", "User.posts")
    assert finding.message == "`User.posts` is loaded here and never read"
    assert (finding.gap, finding.evidence.executions, finding.evidence.objects) == ("", 12, 40)
    read = replace(use, need=Need.of(*use.need.touched, Touched(path=POSTS)))
    assert [one.attribute for one in found(read)] == ["User.posts.comments"]
    everything = replace(use, need=replace(use.need, may=parse("*")))
    assert found(everything) == []


def test_what_is_promised_and_not_held_is_asked_for_in_vain() -> None:
    tree = parse("User{posts}")
    vain = replace(plan("User.posts"), tree=tree, may=tree)
    (finding,) = found(replace(GAP, plan=vain))
    assert (finding.rule, finding.level) == ("ineffective-loading", Level.WARNING)
    assert finding.message == "`User.posts` is asked for here, and not loaded"
    assert (finding.gap, finding.cause) == ("posts", LOSS.cause)
    assert found(replace(GAP, plan=replace(vain, choices=()))) == []
    kept = replace(vain, choices=tuple(replace(one, loaded=None) for one in vain.choices))
    assert found(replace(GAP, plan=kept)) == []


def test_rows_that_multiply_are_told_with_their_numbers() -> None:
    use = replace(
        GAP,
        need=Need.of(Touched(path=Path.parse("User.id"))),
        plan=plan("User.posts", "User.badges"),
        counted=Counted(objects=10, rows=25),
        multiplies=True,
    )
    (finding,) = found(use)
    assert finding.rule == "row-explosion"
    said = "`User.posts` and `User.badges` are joined side by side: 25 rows for 10 objects"
    assert finding.message == said


def test_rows_that_multiply_are_told_before_there_are_any() -> None:
    use = replace(
        GAP,
        need=Need.of(Touched(path=Path.parse("User.id"))),
        plan=plan("User.posts"),
        multiplies=True,
        predicted=True,
    )
    (finding,) = found(use)
    assert finding.message == "`User.posts` is joined under a LIMIT"


def test_of_equal_findings_the_one_with_the_most_objects_is_kept() -> None:
    few, many = (
        found(replace(REPEAT, counted=Counted(objects=number, statements=number)))[0]
        for number in (2, 20)
    )
    (kept,) = tally([few, many])
    assert kept.message == many.message
    assert (kept.evidence.observed, kept.evidence.objects) == (2, 20)
