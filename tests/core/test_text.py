"""The text of a finding: its anatomy, and what it does where there is little room."""

from dataclasses import replace

from loadwise.core.caption import load_caption, read_caption
from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Edit, Fix
from loadwise.core.finding import Evidence, Finding, Level
from loadwise.core.need import Touch
from loadwise.core.site import Site
from loadwise.core.text import concise, full

READ = Site(
    file="app/api.py",
    line=42,
    column=25,
    end_column=37,
    function="app.api.show",
    code="            return user.organization.name",
)
LOAD = Site(
    file="app/repo.py",
    line=17,
    column=18,
    end_column=44,
    function="app.repo.get_user",
    code="    return await session.get(User, user_id)",
)
FIX = "session.get(User, user_id, options=[joinedload(User.organization)])"
FINDING = Finding(
    rule="lazy-read",
    code="LW101",
    level=Level.ERROR,
    message="`User.organization` is not loaded here",
    attribute="User.organization",
    entity="app.models.User",
    instance="User 100",
    path="User.organization",
    read=READ,
    load=LOAD,
    cause=Cause(
        kind=CauseKind.NEVER_LOADED,
        text="the statement does not ask for it, and no Organization 2 is in the session",
    ),
    have="User{id name organization_id}",
    need="User{organization{name}}",
    gap="organization",
    fixes=(
        Fix(
            title="load it with the object",
            applicability=Applicability.SAFE,
            text=FIX,
            site=Site(file="app/repo.py", line=17),
            edits=(Edit(file="app/repo.py", start=(17, 18), end=(17, 44), text=FIX),),
        ),
        Fix(
            title="load it where it is needed",
            applicability=Applicability.DISPLAY,
            text="await user.awaitable_attrs.organization",
        ),
    ),
    evidence=Evidence(observed=37, tests=("a", "b", "c", "d")),
)


def test_the_anatomy() -> None:
    assert (
        full(FINDING)
        == """\
app/api.py:42:25  LW101 lazy-read  `User.organization` is not loaded here

  42 |             return user.organization.name
     |                         ^^^^^^^^^^^^ read in plain async code; loading it needs IO
  app/repo.py
  17 |     return await session.get(User, user_id)
     |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^ User 100 was loaded here, without organization

  why   the statement does not ask for it, and no Organization 2 is in the session
  have  User{id name organization_id}   need  User{organization{name}}   gap  organization
  seen  37 times in 4 tests
  fix   app/repo.py:17  session.get(User, user_id, options=[joinedload(User.organization)])   [safe]
  or    await user.awaitable_attrs.organization   [display]
  docs  loadwise explain lazy-read"""
    )


def test_the_concise_form_is_one_line() -> None:
    assert concise(FINDING) == full(FINDING).splitlines()[0]
    assert concise(replace(FINDING, read=None)).startswith("app/repo.py:17:18  LW101 lazy-read  ")
    assert concise(replace(FINDING, read=None, load=None)).startswith("LW101 lazy-read  ")


def test_what_took_it_away_has_a_frame_of_its_own_in_the_place_of_the_why() -> None:
    commit = Site(
        file="app/repo.py", line=19, column=11, end_column=27, code="    await session.commit()"
    )
    cause = Cause(kind=CauseKind.EXPIRED_BY_COMMIT, site=commit, text="commit() expired it")
    lines = full(replace(FINDING, cause=cause)).splitlines()
    assert "     |           ^^^^^^^^^^^^^^^^ commit() expired it" in lines
    assert "     |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^ User 100 was loaded here" in lines
    assert not any(line.startswith("  why") for line in lines)


def test_a_new_object_was_added_not_loaded() -> None:
    cause = Cause(kind=CauseKind.NEW_OBJECT, text="a new object has none")
    text = full(replace(FINDING, cause=cause, instance=""))
    assert "the object was added here" in text


def test_a_change_and_a_serialiser_say_so() -> None:
    assert "changed in plain async code" in full(replace(FINDING, touch=Touch.WRITE))
    serialised = replace(FINDING, touch=Touch.SERIALISE, path="User.posts.author")
    assert "serialised as response.posts.author in plain async code" in full(serialised)
    seen = replace(serialised, evidence=Evidence(predicted=True))
    assert "serialised as posts.author in plain async code" in full(seen)


def test_without_its_source_a_frame_has_the_line_alone() -> None:
    bare = Site(file="app/api.py", line=42)
    lines = full(replace(FINDING, read=bare, load=None)).splitlines()
    assert lines[2] == "  42 | read in plain async code; loading it needs IO"


def test_where_nothing_was_read_the_first_line_names_the_load() -> None:
    first, *rest = full(replace(FINDING, read=None)).splitlines()
    assert first.startswith("app/repo.py:17:18  ")
    assert "  app/repo.py" not in rest


def test_of_many_objects_the_load_says_so() -> None:
    many = replace(
        FINDING, rule="load-in-loop", evidence=Evidence(observed=1, objects=20, statements=20)
    )
    assert load_caption(many) == "the User objects were loaded here, without organization"
    assert read_caption(many) == "one more statement for each object"


def test_what_nobody_reads_was_seen_in_so_many_executions() -> None:
    evidence = Evidence(observed=1, objects=480, statements=0, executions=12)
    waste = replace(FINDING, rule="unused-eager-load", read=None, gap="", evidence=evidence)
    lines = full(waste).splitlines()
    assert "  seen  12 executions, 480 objects" in lines
    assert "  have  User{id name organization_id}   need  User{organization{name}}" in lines
    assert load_caption(waste) == "nobody reads it"


def test_a_narrow_terminal_breaks_lines_between_words() -> None:
    narrow = full(FINDING, width=60).splitlines()
    assert "  have  User{id name organization_id}" in narrow
    assert "  need  User{organization{name}}   gap  organization" in narrow
    assert "     | User 100 was loaded here, without organization" in narrow
    fix = narrow.index("  fix   app/repo.py:17  load it with the object   [safe]")
    assert narrow[fix + 1] == f"        {FIX}"
    why = narrow.index("  why   the statement does not ask for it, and no")
    assert narrow[why + 1] == "        Organization 2 is in the session"


def test_a_long_tree_is_cut_between_its_names() -> None:
    have = f"User{{{' '.join(f'column_{i}' for i in range(40))}}}"
    line = next(one for one in full(replace(FINDING, have=have)).splitlines() if "have" in one)
    assert len(line) <= 100
    assert line.endswith(" …")


def test_what_is_not_known_is_not_printed() -> None:
    bare = replace(
        FINDING,
        have="",
        need="",
        gap="",
        fixes=(),
        evidence=Evidence(),
        cause=Cause(kind=CauseKind.UNKNOWN),
    )
    tail = full(bare).splitlines()[-2:]
    assert tail == ["", "  docs  loadwise explain lazy-read"]


def test_one_observation_is_not_worth_a_line() -> None:
    once = replace(FINDING, evidence=Evidence(observed=1, tests=("a",)))
    assert "seen" not in full(once)
    twice = replace(FINDING, evidence=Evidence(observed=2))
    assert "  seen  2 times" in full(twice).splitlines()
    one_test = replace(FINDING, evidence=Evidence(observed=2, tests=("a",)))
    assert "  seen  2 times in 1 test" in full(one_test).splitlines()
