"""Hypothesis strategies for the records of the kernel. Names are few, so that trees meet."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from itertools import product

from hypothesis import strategies as st

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Edit, Fix
from loadwise.core.finding import Evidence, Finding, Level
from loadwise.core.have import Have, Loss
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.path import Path, Step
from loadwise.core.site import Site, Sites
from loadwise.core.tree import EVERYTHING, NOTHING, Tree
from loadwise.core.use import Context, Subject, Times, Use

STEPS = (Step("orders"), Step("orders", "Special"), Step("größe"))
WALKS = [Path(walk) for length in (1, 2, 3) for walk in product(STEPS, repeat=length)]
some_paths = st.sampled_from(WALKS)
paths = st.just(Path()) | some_paths


def made_of(parts: Iterable[Tree]) -> Tree:
    """The tree that holds what each of the parts holds."""
    return reduce(Tree.__or__, parts, NOTHING)


ends = st.sampled_from([NOTHING, NOTHING, NOTHING, EVERYTHING])
twigs = st.builds(Tree.along, some_paths, ends)
small = st.lists(twigs, min_size=1, max_size=2).map(made_of)
bushy = st.lists(twigs, min_size=3, max_size=8).map(made_of)
trees = ends | small | bushy
"""Trees of up to three steps; most are high, and there are few ways to differ."""

words = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12)
sites = st.builds(
    Site,
    file=st.sampled_from(["app/api.py", "app/repo.py"]),
    line=st.integers(1, 500),
    column=st.integers(1, 60),
    end_column=st.integers(1, 80),
    function=st.sampled_from(["app.api.show", "app.repo.get_user", ""]),
    code=words,
)
causes = st.builds(Cause, kind=st.sampled_from(CauseKind), site=st.none() | sites, text=words)

losses = st.builds(Loss, path=some_paths, cause=causes)
haves = st.builds(
    lambda must, more, lost: Have(must=must, may=must | more, lost=tuple(lost)),
    trees,
    trees,
    st.lists(losses, max_size=2),
)
touches = st.builds(Touched, path=some_paths, touch=st.sampled_from(Touch), site=st.none() | sites)
needs = st.builds(
    lambda must, more, touched: Need(must=must, may=must | more, touched=tuple(touched)),
    trees,
    trees,
    st.lists(touches, max_size=2),
)
uses = st.builds(
    Use,
    subject=st.builds(Subject, entity=st.just("app.models.User"), instance=st.just("User 1")),
    have=haves,
    need=needs,
    context=st.sampled_from(Context),
    times=st.sampled_from(Times),
    sites=st.builds(Sites, read=st.none() | sites, load=st.none() | sites),
    predicted=st.booleans(),
)

places = st.tuples(st.integers(1, 99), st.integers(1, 99))
edits = st.builds(Edit, file=st.just("app/repo.py"), start=places, end=places, text=words)
fixes = st.builds(
    Fix,
    title=words,
    applicability=st.sampled_from(Applicability),
    text=words,
    site=st.none() | sites,
    edits=st.lists(edits, min_size=1, max_size=2).map(tuple),
) | st.builds(
    Fix, title=words, applicability=st.just(Applicability.DISPLAY), text=words, edits=st.just(())
)
evidences = st.builds(
    Evidence,
    predicted=st.booleans(),
    observed=st.integers(0, 9),
    tests=st.lists(st.sampled_from(["t::a", "t::b"]), unique=True).map(sorted).map(tuple),
)
findings = st.builds(
    Finding,
    rule=st.sampled_from(["lazy-read", "expired-read"]),
    code=st.sampled_from(["LW101", "LW103"]),
    level=st.sampled_from(Level),
    message=words,
    attribute=st.sampled_from(["User.orders", "Order.items"]),
    entity=st.just("app.models.User"),
    instance=st.sampled_from(["User 1", "User 2"]),
    path=st.sampled_from(["User.orders", "User.orders.items"]),
    touch=st.sampled_from(Touch),
    read=st.none() | sites,
    load=st.none() | sites,
    cause=causes,
    have=words,
    need=words,
    gap=words,
    fixes=st.lists(fixes, max_size=2).map(tuple),
    evidence=evidences,
)

spots = st.builds(
    Site,
    file=st.just("app/api.py"),
    line=st.sampled_from([9, 10, 11]),
    function=st.sampled_from(["app.api.show", "app.api.list"]),
    code=st.sampled_from(["", "user.orders"]),
)


def sighting(instance: str, read: Site | None, load: Site | None, need: str, more: bool) -> Finding:
    advice = Fix(title="load it", applicability=Applicability.DISPLAY, text="selectinload()")
    return Finding(
        rule="lazy-read",
        code="LW101",
        level=Level.ERROR,
        message="`User.orders` is not loaded here",
        attribute="User.orders",
        entity="app.models.User",
        instance=instance,
        path="User.orders",
        read=read,
        load=load,
        need=need,
        fixes=(advice,) if more else (),
    )


sightings = st.builds(
    replace,
    st.builds(
        sighting,
        instance=st.sampled_from(["User 1", "User 2"]),
        read=st.none() | spots,
        load=st.none() | spots,
        need=st.sampled_from(["User{orders}", "User{orders{id}}"]),
        more=st.booleans(),
    ),
    evidence=evidences,
)
"""Findings of one program: they are so near to each other that many are equal."""
