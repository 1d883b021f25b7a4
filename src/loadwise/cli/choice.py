"""Choice: which of the fixes are applied: those that may be, or those that a person agrees to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import click

from loadwise.cli.check import by_root
from loadwise.core.finding import Finding
from loadwise.core.text import concise
from loadwise.fix.merge import Cure, Text, cure_of, merge
from loadwise.fix.patch import patch
from loadwise.fix.rounds import Key, key_of

QUESTION: Final = "apply it? y: yes, n: no, a: all that follow, too, q: no more"


class Choice:
    """Chooses cures; with `asks`, each is shown to a person, who is asked once about it."""

    def __init__(self, *, unsafe: bool, asks: bool) -> None:
        self.unsafe = unsafe
        self.said: dict[Key, bool] = {}
        self.rest: bool | None = None if asks else True
        """What is said of all that follow."""

    def of_each(self, findings: Sequence[Finding], text: Text) -> list[Cure]:
        """A cure for every finding that has one."""
        cures = [cure_of(finding, unsafe=self.unsafe) for finding in findings]
        return [cure for cure in cures if cure is not None and self._is_wanted(cure, text)]

    def of_roots(self, findings: Sequence[Finding], text: Text) -> list[Cure]:
        """A cure for what one place makes; behind it, the other findings are looked at again."""
        cures = map(self._of_one, by_root(findings))
        return [cure for cure in cures if cure is not None and self._is_wanted(cure, text)]

    def _of_one(self, legs: Iterable[Finding]) -> Cure | None:
        cures = (cure_of(leg, unsafe=self.unsafe) for leg in legs)
        return next(
            (cure for cure in cures if cure and self.said.get(key_of(cure.finding), True)), None
        )

    def _is_wanted(self, cure: Cure, text: Text) -> bool:
        key = key_of(cure.finding)
        if self.rest is None and key not in self.said:
            merged = merge([cure], text)
            if not merged.after:  # it cannot be applied, which is told in the end
                return True
            self._ask(
                cure,
                "".join(patch(one, merged.before[one], merged.after[one]) for one in merged.after),
            )
        return self.said.get(key, self.rest is not False)

    def _ask(self, cure: Cure, change: str) -> None:
        """Ask about one cure; nobody's answer is that nothing more is wanted."""
        click.echo(f"{concise(cure.finding)}   [{cure.fix.applicability}]\n{change}", err=True)
        answers = click.Choice([*"ynaq"])
        try:
            said = click.prompt(QUESTION, type=answers, show_choices=False, err=True)
        except click.Abort:
            said = "q"
            click.echo(err=True)
        if said in {"a", "q"}:
            self.rest = said == "a"
        self.said[key_of(cure.finding)] = said in {"a", "y"}
