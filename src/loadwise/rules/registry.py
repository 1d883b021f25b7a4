"""The registry: how a rule is declared, and where its page lies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import resources

from loadwise.core.finding import Level
from loadwise.core.judge import Gap, Rule, Verdict, attribute, gaps
from loadwise.core.need import Touch
from loadwise.core.use import Spared, Times, Use, Via

Check = Callable[[Use], Iterable[Verdict]]


def rule(*, code: int, level: Level) -> Callable[[Check], Rule]:
    """Declare a rule: its name is the function's, its summary the docstring's first line.

    The page is the Markdown file of the function's name, beside its module.
    """

    def declare(check: Check) -> Rule:
        summary = (check.__doc__ or "").strip().splitlines()[0].rstrip(".")
        name = check.__name__.replace("_", "-")
        return Rule(name=name, code=code, level=level, summary=summary, check=check)

    return declare


def page(rule: Rule) -> str:
    """The rule's page, as Markdown: what it finds, why that is bad, an example, the fix."""
    name = rule.name.replace("-", "_")
    return resources.files("loadwise.rules").joinpath(f"{name}.md").read_text(encoding="utf-8")


def failing(use: Use) -> Iterator[Gap]:
    """The gaps of a use that cannot be loaded where it is touched, and so raise."""
    if use.spared is Spared.NO and use.times is Times.ONE and use.plan is None:
        yield from gaps(use)


def repeated(use: Use, *vias: Via) -> Iterator[Gap]:
    """The gaps of a use that are loaded for one object after the other, by some ways."""
    if use.times is Times.PER_ITEM and use.via in vias:
        yield from gaps(use)


def for_each(use: Use, gap: Gap, loaded: str = "is loaded") -> str:
    """The fact about a repeat: `` `Order.customer` is loaded once for each of 20 Order objects ``.

    Where the session served some of them, how many statements there were; in doubt, that it "may
    be loaded once for each".
    """
    name, counted = attribute(use, gap.missing.path), use.counted
    entity = use.subject.entity.rpartition(".")[2]
    if not gap.certain:
        return f"`{name}` may be loaded once for each {entity} object here"
    if counted.statements < counted.objects:
        return (
            f"`{name}` {loaded} {counted.statements} times for {counted.objects} {entity} objects"
        )
    return f"`{name}` {loaded} once for each of {counted.objects} {entity} objects"


def is_write(use: Use, gap: Gap) -> bool:
    """Whether the missing attribute is written to (`append`, `= []`), not read."""
    return use.need.touch(gap.missing.path) is Touch.WRITE


def not_loaded(use: Use, gap: Gap) -> str:
    """The fact about a gap: `` `User.name` is not loaded here ``, or "may not be" in doubt."""
    verb = "is not loaded" if gap.certain else "may not be loaded"
    return f"`{attribute(use, gap.missing.path)}` {verb} here"
