"""The rules divide the gaps among them: each gap is one rule's."""

import itertools
import pkgutil
import re
from dataclasses import replace
from importlib import resources

import pytest

from loadwise import rules
from loadwise.core.cause import Cause, CauseKind
from loadwise.core.finding import Finding, Level
from loadwise.core.have import Have, Loss
from loadwise.core.judge import Rule, judge
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.path import Path
from loadwise.core.tree import Tree, parse
from loadwise.core.use import Hazard, Subject, Use
from loadwise.rules import RULES, page

POSTS = Path.parse("User.posts")
HELD, HELD_WITH_POSTS = parse("User{id}"), parse("User{id posts}")

RULE_OF = {
    CauseKind.NEVER_LOADED: "lazy-read",
    CauseKind.SUBCLASS_COLUMN: "lazy-read",
    CauseKind.DEPTH_EXHAUSTED: "lazy-read",
    CauseKind.CYCLE_CUT: "lazy-read",
    CauseKind.OPTIONS_IGNORED: "lazy-read",
    CauseKind.RAISE_CONFIGURED: "lazy-read",
    CauseKind.UNKNOWN: "lazy-read",
    CauseKind.EXPIRED_BY_COMMIT: "expired-read",
    CauseKind.EXPIRED_BY_ROLLBACK: "expired-read",
    CauseKind.EXPIRED_BY_BULK_UPDATE: "expired-read",
    CauseKind.EXPIRED_EXPLICITLY: "expired-read",
    CauseKind.DROPPED_BY_REFRESH: "expired-read",
    CauseKind.REPLACED_BY_POPULATE_EXISTING: "expired-read",
    CauseKind.EXPIRED_BY_FLUSH: "generated-read",
    CauseKind.NEW_OBJECT: "unset-read",
    CauseKind.DETACHED: "detached-read",
    CauseKind.DYNAMIC: "dynamic-read",
    CauseKind.DEFERRED: "deferred-read",
    CauseKind.LOAD_ONLY: "deferred-read",
}
HAZARDS = {
    CauseKind.OUTSIDE_GREENLET: "sync-call",
    CauseKind.CONCURRENT_USE: "shared-session",
    CauseKind.SWALLOWED: "swallowed-missing-greenlet",
}
"""Causes of what goes wrong whatever is loaded, with the rules that say so."""
EVERY_KIND_AND_TOUCH = list(itertools.product([*RULE_OF], Touch))


def use(kind: CauseKind, touch: Touch = Touch.READ) -> Use:
    """A use with one gap, which is certain."""
    loss = Loss(path=POSTS, cause=Cause(kind=kind))
    return Use(
        subject=Subject(entity="app.User"),
        have=Have.known(HELD, lost=[loss]),
        need=Need.of(Touched(path=POSTS, touch=touch)),
    )


def found(one: Use) -> list[Finding]:
    return list(judge([one], rules=RULES))


def expected(kind: CauseKind, touch: Touch) -> list[str]:
    if touch is Touch.WRITE:
        return ["lazy-write"]
    return [RULE_OF[kind]]


def wished(kind: CauseKind) -> Level | None:
    """The level of what someone asked for."""
    return Level.NOTE if kind is CauseKind.RAISE_CONFIGURED else None


@pytest.mark.parametrize(("kind", "touch"), EVERY_KIND_AND_TOUCH)
def test_a_gap_is_the_finding_of_one_rule(kind: CauseKind, touch: Touch) -> None:
    several = found(use(kind, touch))
    assert [finding.rule for finding in several] == expected(kind, touch)
    for finding in several:
        assert finding.level is (wished(kind) or Level.ERROR)
        assert "`User.posts` is" in finding.message
        assert "is a query" in finding.message or "is not loaded" in finding.message


@pytest.mark.parametrize(("kind", "touch"), EVERY_KIND_AND_TOUCH)
def test_what_may_be_held_may_not_be_loaded(kind: CauseKind, touch: Touch) -> None:
    certain = use(kind, touch)
    several = found(replace(certain, have=replace(certain.have, may=HELD_WITH_POSTS)))
    assert [finding.rule for finding in several] == expected(kind, touch)
    for finding in several:
        assert finding.level is (wished(kind) or Level.WARNING)
        assert "may run" in finding.message or "may not be loaded" in finding.message
        assert "is not loaded" not in finding.message


@pytest.mark.parametrize(("kind", "touch"), EVERY_KIND_AND_TOUCH)
def test_what_may_be_needed_may_not_be_loaded(kind: CauseKind, touch: Touch) -> None:
    certain = use(kind, touch)
    several = found(replace(certain, need=replace(certain.need, must=parse("User"))))
    assert [finding.rule for finding in several] == expected(kind, touch)
    for finding in several:
        assert finding.level is (wished(kind) or Level.WARNING)
        assert "may run" in finding.message or "may not be loaded" in finding.message


@pytest.mark.parametrize(("kind", "touch"), EVERY_KIND_AND_TOUCH)
def test_no_rule_says_anything_of_what_is_held(kind: CauseKind, touch: Touch) -> None:
    assert found(replace(use(kind, touch), have=Have.known(HELD_WITH_POSTS))) == []


def test_every_cause_has_one_rule() -> None:
    assert {*RULE_OF, *HAZARDS} == {*CauseKind}


@pytest.mark.parametrize(("kind", "touch"), list(itertools.product(HAZARDS, Touch)))
def test_a_hazard_is_no_gap(kind: CauseKind, touch: Touch) -> None:
    assert [one.rule for one in found(use(kind, touch))] == (
        ["lazy-write"] if touch is Touch.WRITE else []
    )


@pytest.mark.parametrize("kind", CauseKind)
def test_a_hazard_is_the_finding_of_its_rule(kind: CauseKind) -> None:
    hazard = Hazard(call="Session.execute", cause=Cause(kind=kind, text="so it is"))
    one = Use(
        subject=Subject(entity="sqlalchemy.orm.session.Session"),
        have=Have.known(Tree()),
        need=Need.of(),
        hazard=hazard,
    )
    findings = found(one)
    assert [finding.rule for finding in findings] == [
        HAZARDS[one] for one in HAZARDS if one is kind
    ]
    for finding in findings:
        assert (finding.attribute, finding.path, finding.gap) == (hazard.call, hazard.call, "")
        assert finding.cause is hazard.cause
        assert "`Session.execute" in finding.message


def test_of_several_gaps_each_is_the_finding_of_its_own_rule() -> None:
    name = Path.parse("User.name")
    deferred = Loss(path=name, cause=Cause(kind=CauseKind.DEFERRED))
    one = use(CauseKind.NEVER_LOADED, Touch.WRITE)
    both = replace(
        one,
        have=replace(one.have, lost=(*one.have.lost, deferred)),
        need=Need.of(*one.need.touched, Touched(path=name)),
    )
    rules_of = {finding.path: finding.rule for finding in found(both)}
    assert rules_of == {"User.posts": "lazy-write", "User.name": "deferred-read"}


def test_codes_are_distinct_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_named_in_kebab_case_like_its_module_and_its_page(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.check.__module__ == f"loadwise.rules.{rule.name.replace('-', '_')}"
    assert page(rule).startswith(f"# {rule.name} (LW{rule.code})")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_s_summary_is_one_sentence_without_its_full_stop(rule: Rule) -> None:
    assert rule.summary[0].isupper()
    assert not rule.summary.endswith(".")


def test_every_module_and_every_page_of_the_package_is_a_registered_rule_s() -> None:
    names = sorted(rule.name.replace("-", "_") for rule in RULES)
    modules = {module.name for module in pkgutil.iter_modules(rules.__path__)}
    assert sorted(modules - {"registry"}) == names
    files = (file.name for file in resources.files("loadwise.rules").iterdir())
    assert sorted(file.removesuffix(".md") for file in files if file.endswith(".md")) == names
