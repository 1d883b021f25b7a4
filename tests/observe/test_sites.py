"""Sites: whose code a file is, who called, and what stands at the place."""

from __future__ import annotations

import asyncio
import linecache
import os
import sys
import sysconfig
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, cast

import greenlet
import pytest
import sqlalchemy
from sqlalchemy.orm import session as session_module
from sqlalchemy.util import greenlet_spawn

import loadwise
from loadwise.core.site import Site
from loadwise.core.source import Source
from loadwise.observe import hooks, sites
from loadwise.observe.sites import Project, Whose

ROOT: Final = Path(__file__).parents[2]
HERE: Final = __file__
STDLIB: Final = Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize(
    ("filename", "whose"),
    [
        (HERE, Whose.USER),
        ("/home/me/project/app/models.py", Whose.USER),
        ("relative/models.py", Whose.USER),
        ("<stdin>", Whose.USER),
        ("<ipython-input-1-abc>", Whose.USER),
        ("<doctest app.models[0]>", Whose.USER),
        (session_module.__file__, Whose.INTERNAL),
        (sqlalchemy.__file__, Whose.INTERNAL),
        (greenlet.__file__, Whose.INTERNAL),
        (sites.__file__, Whose.INTERNAL),
        (loadwise.__file__, Whose.INTERNAL),
        ("<frozen importlib._bootstrap>", Whose.INTERNAL),
        ("<sqlalchemy generated __init__ for class User>", Whose.INTERNAL),
        ("<attrs generated init app.Thing>", Whose.INTERNAL),
        ("<string>", Whose.LIBRARY),
        (str(STDLIB / "json" / "encoder.py"), Whose.LIBRARY),
        (str(STDLIB / "asyncio" / "tasks.py"), Whose.LIBRARY),
        (pytest.__file__, Whose.LIBRARY),
        ("/usr/lib/python3/dist-packages/jinja2/environment.py", Whose.LIBRARY),
        (str(STDLIB / "asyncio" / "events.py"), Whose.BOUNDARY),
        (str(STDLIB / "asyncio" / "base_events.py"), Whose.BOUNDARY),
        (str(STDLIB / "asyncio" / "runners.py"), Whose.BOUNDARY),
    ],
)
def test_whose(filename: str, whose: Whose) -> None:
    for _ in range(2):  # the answer is remembered
        assert sites.whose(filename) is whose


def place(mark: sites.Mark | None) -> tuple[str, int] | None:
    """The function and the line of a mark."""
    return (mark[0].co_name, Project(ROOT).site(mark).line) if mark else None


def line() -> int:
    """The line of the caller."""
    return sys._getframe(1).f_lineno


def test_capture_is_the_line_of_the_caller() -> None:
    assert (place(sites.capture()), line()) == (
        ("test_capture_is_the_line_of_the_caller", line() - 1),
        line() - 2,
    )


def made_in(filename: str, text: str = "def call(function):\n    return function()\n") -> Any:
    """A function of a file of this name."""
    scope: dict[str, Any] = {}
    exec(compile(text, filename, "exec"), scope)
    return scope["call"]


LIBRARY_CALL: Final = made_in("/x/site-packages/library.py")
INTERNAL_CALL: Final = made_in(session_module.__file__)


def test_capture_passes_over_libraries() -> None:
    def user() -> Any:
        return LIBRARY_CALL(lambda: None) or INTERNAL_CALL(sites.capture)

    assert (place(LIBRARY_CALL(user)) or ("", 0))[0] == "user"


def test_capture_is_the_innermost_library_where_no_user_is() -> None:
    """As in a thread of a framework's pool."""
    marks: list[sites.Mark | None] = []
    outer = made_in("/x/site-packages/outer.py")
    thread = threading.Thread(
        target=outer, args=(made_in("/x/site-packages/inner.py", CAPTURING)(marks.append),)
    )
    thread.start()
    thread.join()
    [mark] = marks
    assert mark is not None
    assert mark[0].co_filename == "/x/site-packages/inner.py"


CAPTURING: Final = """\
from loadwise.observe.sites import capture

def call(told):
    def work():
        told(capture())
    return work
"""


@pytest.mark.asyncio
async def test_capture_crosses_greenlets() -> None:
    async def user() -> Any:
        return await greenlet_spawn(INTERNAL_CALL, sites.capture)

    assert (place(await user()) or ("", 0))[0] == "user"


@pytest.mark.asyncio
async def test_capture_stops_at_the_event_loop() -> None:
    """What started the loop did not cause what runs in it."""
    marks: list[sites.Mark | None] = []
    asyncio.get_running_loop().call_soon(INTERNAL_CALL, lambda: None)
    asyncio.get_running_loop().call_soon(made_in(session_module.__file__, CAPTURING)(marks.append))
    await asyncio.sleep(0)
    [mark] = marks
    assert mark is None or sites.whose(mark[0].co_filename) is Whose.LIBRARY


@pytest.mark.asyncio
async def test_frames_cross_greenlets_from_the_inside_out() -> None:
    def inner() -> list[str]:
        return [*map(attrgetter("f_code.co_name"), sites.frames())]

    async def outer() -> list[str]:
        return cast("list[str]", await greenlet_spawn(inner))

    names = await outer()
    assert names[0] == "inner"
    assert names.index("inner") < names.index("outer")
    assert names.index("outer") < names.index("test_frames_cross_greenlets_from_the_inside_out")
    assert "run_forever" not in names


def test_is_coroutine() -> None:
    async def coroutine() -> None: ...

    async def generator() -> Any:
        yield 1

    def function() -> None: ...

    assert sites.is_coroutine(coroutine.__code__)
    assert sites.is_coroutine(generator.__code__)
    assert not sites.is_coroutine(function.__code__)


# --- local variables ----------------------------------------------------------------------------


class Thing:
    """Something of the application's."""


def test_locals_are_looked_at_and_not_kept() -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    assert sites.with_locals(sys._getframe(), lambda names: names["thing"] is gone())
    del thing
    assert gone() is None


def test_locals_are_not_kept_where_looking_fails() -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    with pytest.raises(KeyError):
        sites.with_locals(sys._getframe(), lambda names: names["nothing"])
    del thing
    assert gone() is None


def test_locals_that_the_application_holds_are_left() -> None:
    thing = Thing()
    names = locals()
    assert sites.with_locals(sys._getframe(), lambda names: names["thing"]) is thing
    assert names["thing"] is thing


def test_the_variables_themselves_are_left() -> None:
    thing, number = Thing(), 7

    def inner() -> tuple[Any, int]:
        return thing, number

    sites.with_locals(sys._getframe(), dict)
    assert inner() == (thing, 7)
    sites.with_locals(sys._getframe(), lambda names: names.clear())
    assert inner() == (thing, 7)


def test_the_names_of_a_class_and_of_a_module_are_left() -> None:
    class Body:
        word = "kept"
        found = sites.with_locals(sys._getframe(), lambda names: names["word"])

    assert (Body.word, Body.found) == ("kept", "kept")
    scope: dict[str, Any] = {"sites": sites, "sys": sys}
    exec("word = 'kept'\nfound = sites.with_locals(sys._getframe(), lambda n: n['word'])", scope)
    assert (scope["word"], scope["found"]) == ("kept", "kept")


def test_attributes_run_no_code_of_the_class() -> None:
    class Closed:
        def __init__(self) -> None:
            self.word = "kept"

        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

    class Slotted:
        __slots__ = ()

    assert sites.attributes(Closed()) == {"word": "kept"}
    assert sites.attributes(Slotted()) == {}
    assert sites.attributes(None) == {}
    assert sites.attributes(Thing)["__doc__"] == "Something of the application's."


# --- from a mark to a site ----------------------------------------------------------------------


@dataclass
class Running:
    """The frames that a function of a file stood at when it called `here`."""

    code: CodeType
    lasti: int

    @property
    def mark(self) -> sites.Mark:
        return self.code, self.lasti


def ran(file: Path, text: str) -> Running:
    """Run `main` of a module, which calls `here()` once, or awaits it."""
    file.write_bytes(text.encode())
    marks: list[Running] = []

    def here(*_: Any) -> Any:
        frame: FrameType = sys._getframe(1)
        marks.append(Running(frame.f_code, frame.f_lasti))

        async def nothing() -> None: ...

        return nothing()

    scope: dict[str, Any] = {"here": here}
    exec(compile(file.read_bytes(), str(file), "exec"), scope)
    asyncio.run(scope["main"]())
    return marks[0]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A module to write."""
    yield tmp_path / "module.py"
    linecache.clearcache()


def marked(site: Site) -> str:
    """What is marked in the line of a site."""
    return site.code[site.column - 1 : site.end_column - 1]


AWAITING: Final = {
    "plain": ("async def main():\n    await here(1)\n", "here(1)", 2),
    "assigned": ("async def main():\n    x = (await here(1)), 2\n", "here(1)", 2),
    "several lines": (
        "async def main():\n    await here(\n        1,\n    )\n",
        "here(",
        2,
    ),
    "not ASCII": (
        'async def main():\n    "\u00e4\u00f6\u00fc\u20ac"; await here("\U0001f600")\n',
        'here("\U0001f600")',
        2,
    ),
    "tabs": ("async def main():\n\tif 1:\n\t\tawait here(1)\n", "here(1)", 3),
    "form feed": ("import sys\n\f\nasync def main():\n    await here(1)\n", "here(1)", 4),
    "Windows": ("async def main():\r\n    await here(1)\r\n", "here(1)", 2),
    "mark of the order": ("\ufeffasync def main():\n    await here(1)\n", "here(1)", 2),
    "odd line separators": (
        'X = "\x0b\x1c\u2028\x85"\nasync def main():\n    await here(1)\n',
        "here(1)",
        3,
    ),
}


@pytest.mark.parametrize("case", AWAITING)
def test_a_site_marks_the_awaited_call(file: Path, case: str) -> None:
    text, expected, number = AWAITING[case]
    site = Project(file.parent).site(ran(file, text).mark)
    assert (site.file, site.line, marked(site)) == ("module.py", number, expected)
    assert site.function == "module.main"


def test_a_site_of_code_that_awaits_nothing(file: Path) -> None:
    text = "async def main():\n    x = here(1)\n    await x\n"
    site = Project(file.parent).site(ran(file, text).mark)
    assert site.line == 2
    assert marked(site) == ("x = here(1)" if sys.version_info < (3, 11) else "here(1)")


def test_the_span_of_an_instruction(file: Path) -> None:
    running = ran(file, "async def main():\n    1, await here(1)\n")
    span = sites.span_of(*running.mark)
    assert span == (2 if sys.version_info < (3, 11) else (2, 13, 2, 20))
    assert sites.span_of(running.code, 10_000) == running.code.co_firstlineno


def test_the_expressions_of_an_instruction(file: Path) -> None:
    running = ran(file, "async def main():\n    await here(1)\n")
    found = [type(node).__name__ for node in sites.expressions(*running.mark)]
    assert found == ([] if sys.version_info < (3, 11) else ["Call"])
    file.unlink()
    assert sites.expressions(*running.mark) == []


def test_a_source_is_read_again_when_its_file_changes(file: Path) -> None:
    file.write_text("x = 1\n")
    first = sites.source_of(str(file))
    assert first is not None
    assert sites.source_of(str(file)) is first
    file.write_text("y = 22\n")
    os.utime(file, (1, 1))
    second = sites.source_of(str(file))
    assert second is not None
    assert second.text == "y = 22\n"
    assert isinstance(second, Source)


# --- paths and names ----------------------------------------------------------------------------


def test_paths_are_shown_relative_to_the_root(tmp_path: Path) -> None:
    project = Project(tmp_path / "app")
    for path in (tmp_path / "app" / "a" / "b.py", tmp_path / "other.py"):
        assert project.absolute(project.relative(str(path))) == str(path)
    assert project.relative(str(tmp_path / "app" / "a" / "b.py")) == "a/b.py"
    assert project.relative(str(tmp_path / "other.py")) == "../other.py"
    assert project.relative("<stdin>") == "<stdin>"


def test_a_root_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    project = Project(tmp_path / "link")
    assert project.relative(str(tmp_path / "real" / "a.py")) == "a.py"
    assert project.relative(str(tmp_path / "link" / "a.py")) == "a.py"


def test_a_source_by_the_path_that_is_shown(file: Path) -> None:
    file.write_text("x = 1\n")
    source = Project(file.parent).source("module.py")
    assert source is not None
    assert source.text == "x = 1\n"
    assert Project(file.parent).source("nothing.py") is None
    assert Project(file.parent).source("<stdin>") is None


def test_the_name_of_a_function_has_its_module() -> None:
    name = sites.qualified_name(test_the_name_of_a_function_has_its_module.__code__)
    assert name == f"{__name__}.test_the_name_of_a_function_has_its_module"


def test_the_name_of_a_function_of_no_module() -> None:
    assert sites.qualified_name(made_in("/x/scripts/run.py").__code__) == "run.call"
    assert sites.qualified_name(made_in("<stdin>").__code__) == "call"


def test_snapshots_are_cleared_just_where_python_keeps_them() -> None:
    assert hooks.snapshot_of_locals_is_kept() is (sys.version_info < (3, 13))
