"""Rounds: what is behind a gap is cured in turn, and what is no cure is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loadwise.core.edit import Applicability, Fix, insertion
from loadwise.core.finding import Finding, Level
from loadwise.fix.merge import Cure, Text
from loadwise.fix.rounds import NO_CURE, in_rounds

FILE = "a.py"


def finding(name: str) -> Finding:
    """A finding whose fix writes its name into the file."""
    edit = insertion(FILE, 1, 1, f"{name} = 1\n")
    fix = Fix(title="", applicability=Applicability.SAFE, text=name, edits=(edit,))
    return Finding(
        rule="lazy-read",
        code="LW101",
        level=Level.ERROR,
        message="",
        attribute=name,
        entity="",
        instance="",
        path=name,
        fixes=(fix,),
    )


def test_what_is_no_cure_is_taken_back_and_the_rest_stays() -> None:
    looked: list[str] = []

    def found(texts: Mapping[str, str]) -> list[Finding]:
        text = texts.get(FILE, "")
        looked.append(text)
        names = ["useless", "other"] + (["first"] if "first" not in text else [])
        names += ["behind"] if "first" in text and "behind" not in text else []
        return [finding(name) for name in names]

    def chosen(findings: Sequence[Finding], text: Text) -> list[Cure]:
        return [Cure(finding=one, fix=one.fixes[0]) for one in findings]

    outcome = in_rounds(found, chosen, lambda file: "pass\n")
    assert outcome.before == {FILE: "pass\n"}
    assert outcome.after == {FILE: "behind = 1\nfirst = 1\npass\n"}
    assert [one.finding.path for one in outcome.applied] == ["first", "behind"]
    refused = {(one.cure.finding.path, one.reason) for one in outcome.refused}
    assert refused == {("useless", NO_CURE), ("other", NO_CURE)}
    assert outcome.left == ()
    assert looked.count("") == 2
