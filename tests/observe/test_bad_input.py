"""Whatever the source, the objects and the process are like: the explanation comes, nothing breaks.

What is not known is left out: a line without its code, a cure without its place.
"""

from __future__ import annotations

import code as interpreter
import importlib.util
import linecache
import subprocess
import sys
import types
import uuid
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
from sqlalchemy import ForeignKey, LargeBinary, String, TypeDecorator, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

import loadwise
from loadwise import LazyReadError
from loadwise.core.source import Source
from loadwise.observe import reading
from loadwise.observe.sites import Project
from tests.observe.models import User, async_engine
from tests.observe.vanilla import failure_of

ROOT: Final = Path(__file__).parents[2]
asynchronous: Final = pytest.mark.asyncio
Show = Callable[[AsyncSession], Awaitable[Any]]

TEXT: Final = """\
from sqlalchemy import select
from tests.observe.models import User


async def show(session):
    user = (await session.scalars(select(User).where(User.id == 100))).one()
    return user.organization
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A module of an application, to be written and imported."""
    yield tmp_path / "application.py"
    linecache.clearcache()


def imported(file: Path, text: str | bytes = TEXT) -> Show:
    """Write a module, import it, and give its function `show`."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    spec = importlib.util.spec_from_file_location("application", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.show  # type: ignore[no-any-return]


async def explained(show: Show, root: Path = ROOT) -> LazyReadError:
    """The error that `show` raises; no warning of loadwise may come with it."""
    with loadwise.watch(root=root):
        async with async_engine() as engine, AsyncSession(engine) as session:
            with pytest.raises(LazyReadError) as caught:
                await show(session)
    return caught.value


def lines(error: LazyReadError) -> list[int | None]:
    """The lines of the read and of the load."""
    return [site.line if site else None for site in (error.read, error.load)]


# --- the source ---------------------------------------------------------------------------------


@asynchronous
async def test_a_good_file_has_it_all(file: Path) -> None:
    error = await explained(imported(file), root=file.parent)
    assert lines(error) == [7, 6]
    assert error.read is not None
    assert error.read.file == "application.py"
    assert error.read.code == "    return user.organization"
    assert error.fixes[0].edits


def replaced_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: Final[dict[str, Callable[[Path], Any]]] = {
    "deleted": Path.unlink,
    "unreadable": replaced_by_folder,
    "not UTF-8": lambda file: file.write_bytes(b"\xff\xfe" + TEXT.encode()),
    "no known encoding": lambda file: file.write_text("# coding: nonsense\n" + TEXT),
    "broken": lambda file: file.write_text("def (:\n" + TEXT),
    "with a NUL": lambda file: file.write_text("\0" + TEXT),
    "empty": lambda file: file.write_text(""),
}


@asynchronous
@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_that_cannot_be_read_any_more(file: Path, damage: str) -> None:
    show = imported(file)
    DAMAGES[damage](file)
    error = await explained(show)
    assert lines(error) == [7, 6]
    assert (error.read and error.read.code, error.load and error.load.code) == ("", "")
    assert error.attribute == "User.organization"
    assert not any(fix.edits for fix in error.fixes)
    assert "joinedload(User.organization)" in error.fixes[0].text


def write(file: Path, text: str) -> None:
    file.write_text(text)


EDITS: Final[dict[str, Callable[[str], str]]] = {
    "longer": lambda text: "# a comment\n\n" + text,
    "shorter": lambda text: text.splitlines()[0] + "\n",
    "other": lambda text: "\n".join(f"x{number} = 1" for number in range(20)),
}


@asynchronous
@pytest.mark.parametrize("edit", EDITS)
async def test_a_file_that_was_edited_since(file: Path, edit: str) -> None:
    show = imported(file)
    write(file, EDITS[edit](TEXT))
    error = await explained(show)
    assert lines(error) == [7, 6]
    assert error.attribute == "User.organization"


@asynchronous
async def test_a_file_in_another_encoding(file: Path) -> None:
    text = "# coding: latin-1\n" + TEXT.replace("return", 'return "\u00e4\u00f6\u00fc" and')
    error = await explained(imported(file, text.encode("latin-1")))
    assert error.read is not None
    assert error.read.code == '    return "\u00e4\u00f6\u00fc" and user.organization'
    assert error.read.code[error.read.column - 1 : error.read.end_column - 1] == "organization"


@asynchronous
async def test_a_file_with_windows_line_ends_and_a_mark(file: Path) -> None:
    text = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    error = await explained(imported(file, text))
    assert lines(error) == [7, 6]
    assert error.read is not None
    assert error.read.code == "    return user.organization"


@asynchronous
async def test_a_file_with_a_form_feed(file: Path) -> None:
    error = await explained(imported(file, TEXT.replace("\n\nasync", "\n\f\nasync")))
    assert lines(error) == [7, 6]
    assert error.read is not None
    assert error.read.code == "    return user.organization"


@asynchronous
@pytest.mark.parametrize("action", ["error", "always"])
async def test_a_file_that_warns_when_it_is_parsed(file: Path, action: Any) -> None:
    """Parsing it again is ours to do in silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        show = imported(file, TEXT + 'PATTERN = "\\d"\n')
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter(action)
        error = await explained(show)
    assert [str(one.message) for one in recorded] == []
    assert error.read is not None
    assert error.read.code == "    return user.organization"


@asynchronous
async def test_a_huge_line(file: Path) -> None:
    padding = f'"{"x" * 1_000_000}" and '
    error = await explained(imported(file, TEXT.replace("return ", f"return {padding}")))
    assert lines(error) == [7, 6]
    assert error.read is not None
    assert error.read.code == ""
    assert len(str(error)) < 3000


def test_source_that_the_parser_refuses() -> None:
    assert Source.parse("x = " + "(" * 1000 + ")" * 1000) is None
    assert Source.parse("x = \0") is None
    assert Source.parse("return return") is None


# --- code without a file ------------------------------------------------------------------------


def executed(name: str) -> Show:
    """`show`, made by `exec` of code that says it is from a file of this name."""
    scope: dict[str, Any] = {}
    exec(compile(TEXT, name, "exec"), scope)
    return scope["show"]  # type: ignore[no-any-return]


@asynchronous
@pytest.mark.parametrize("name", ["<stdin>", "<console>", "made.py", "<cell 1>", ""])
async def test_code_that_has_no_file(name: str) -> None:
    error = await explained(executed(name))
    assert lines(error) == [7, 6]
    assert error.read is not None
    assert error.read.code == ""
    assert error.attribute == "User.organization"


@asynchronous
async def test_code_in_a_string_is_put_down_to_who_runs_it() -> None:
    """As are the methods that `dataclass` generates, which have the same name for a file."""
    error = await explained(executed("<string>"))
    assert error.read is not None
    assert error.read.code == "                await show(session)"


@asynchronous
async def test_code_of_a_notebook_has_its_source() -> None:
    name = "<ipython-input-7-0123456789ab>"
    linecache.cache[name] = (len(TEXT), None, TEXT.splitlines(keepends=True), name)
    try:
        error = await explained(executed(name))
    finally:
        del linecache.cache[name]
    assert lines(error) == [7, 6]
    assert error.read is not None
    assert error.read.file == name
    assert error.read.code == "    return user.organization"


@asynchronous
async def test_code_typed_at_a_prompt() -> None:
    scope: dict[str, Any] = {}
    console = interpreter.InteractiveConsole(scope)
    assert not console.runsource(TEXT, symbol="exec")
    error = await explained(scope["show"])
    assert lines(error) == [7, 6]


def test_a_program_given_on_the_command_line(tmp_path: Path) -> None:
    program = (
        "import asyncio, loadwise\n"
        "from sqlalchemy.ext.asyncio import AsyncSession\n"
        "from tests.observe.models import async_engine\n" + TEXT + "async def main():\n"
        "    async with async_engine() as engine, AsyncSession(engine) as session:\n"
        "        with loadwise.watch():\n"
        "            await show(session)\n"
        "asyncio.run(main())\n"
    )
    ran = run(program)
    assert "LW101 lazy-read" in ran.stderr
    assert "<string>:10" in ran.stderr


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    path = f"{Path(loadwise.__file__).parents[1]}:{ROOT}"
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )


# --- objects ------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    """The models of these cases."""


class Owner(Base):
    """What a hostile object belongs to."""

    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)


def refuse(self: object, *arguments: object) -> Any:
    """What an object should not do to who looks at it."""
    raise RuntimeError("do not touch")


class Hostile(Base):
    """An object that cannot be shown, compared, hashed, counted or asked for what it lacks."""

    __tablename__ = "hostiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner | None] = relationship()

    __repr__ = __str__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = refuse
    __format__ = __contains__ = __call__ = refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # SQLAlchemy itself asks
            raise AttributeError
        refuse(self)


class Key(TypeDecorator[Any]):
    """A key whose values are objects of the application's."""

    impl = String
    cache_ok = True

    class Value(str):
        """A value that cannot be shown."""

        __repr__ = __str__ = __format__ = refuse

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return self.Value(value)


def keyed(name: str, *kinds: Any) -> type[Any]:
    """A class with a primary key of these types, and a deferred column."""
    columns = {
        f"key_{place}": mapped_column(kind, primary_key=True) for place, kind in enumerate(kinds)
    }
    namespace = {
        "__tablename__": name.lower(),
        "__module__": __name__,
        "text": deferred(mapped_column(String)),
        **columns,
    }
    return type(name, (Base,), namespace)


Texts = keyed("Texts", String)
Bytes = keyed("Bytes", LargeBinary)
Uuids = keyed("Uuids", Uuid)
Pairs = keyed("Pairs", String, String)
Mutes = keyed("Mutes", Key)
Odd = keyed("Odd name-1", String)


async def unloaded(engine: Any, model: type[Any], **values: Any) -> tuple[AsyncSession, Any]:
    """A session, and an object loaded in it."""
    async with AsyncSession(engine) as session:
        session.add(model(**values))
        await session.commit()
    session = AsyncSession(engine)
    return session, (await session.scalars(select(model))).one()


@asynchronous
async def test_an_object_that_cannot_be_looked_at() -> None:
    with loadwise.watch():
        async with async_engine(Base.metadata) as engine:
            session, hostile = await unloaded(engine, Hostile, id=1, owner_id=None)
            async with session:
                await session.run_sync(lambda sync: setattr(hostile, "owner_id", 5))
                await session.flush()
                error = failure_of(lambda: hostile.owner)
    assert isinstance(error, LazyReadError), error
    assert error.instance == "Hostile 1"
    assert error.fixes


class Closed:
    """An object of which not even the attributes can be read."""

    __getattribute__ = __eq__ = __hash__ = __repr__ = __bool__ = refuse


@asynchronous
async def test_variables_and_owners_that_cannot_be_looked_at() -> None:
    async def show(self: object, sessions: list[AsyncSession]) -> Any:
        other: Any = Closed()
        user = (await sessions[0].scalars(select(User).where(User.id == 100))).one()
        return user.organization is other

    error = await explained(lambda session: show(Closed(), [session]))
    assert error.attribute == "User.organization"


LABELS: Final[list[Any]] = [
    pytest.param(Texts, {"key_0": "plain"}, "Texts plain", id="text"),
    pytest.param(Texts, {"key_0": "x" * 500}, "Texts " + "x" * 39 + "\u2026", id="long"),
    pytest.param(Texts, {"key_0": "two\nlines"}, r"Texts 'two\nlines'", id="lines"),
    pytest.param(Texts, {"key_0": ""}, "Texts ''", id="empty"),
    pytest.param(Bytes, {"key_0": b"\x00\xff"}, r"Bytes b'\x00\xff'", id="bytes"),
    pytest.param(
        Uuids,
        {"key_0": uuid.UUID(int=1)},
        "Uuids 00000000-0000-0000-0000-000000000001",
        id="uuid",
    ),
    pytest.param(Pairs, {"key_0": "A", "key_1": "12"}, "Pairs ('A', '12')", id="composite"),
]


@asynchronous
@pytest.mark.parametrize(("model", "values", "label"), LABELS)
async def test_the_label_of_a_key(model: type[Any], values: dict[str, Any], label: str) -> None:
    with loadwise.watch():
        async with async_engine(Base.metadata) as engine:
            session, thing = await unloaded(engine, model, **values)
            async with session:
                error = failure_of(lambda: thing.text)
    assert isinstance(error, LazyReadError), error
    assert error.instance == label
    assert "\n" not in error.finding.message


@asynchronous
async def test_the_label_of_a_key_that_cannot_be_shown() -> None:
    with loadwise.watch():
        async with async_engine(Base.metadata) as engine:
            session, thing = await unloaded(engine, Mutes, key_0="x")
            async with session:
                error = failure_of(lambda: thing.text)
    assert isinstance(error, LazyReadError), error
    assert error.instance == "Mutes"


@asynchronous
async def test_a_class_whose_name_is_no_name_of_python() -> None:
    with loadwise.watch():
        async with async_engine(Base.metadata) as engine:
            session, thing = await unloaded(engine, Odd, key_0="x")
            async with session:
                error = failure_of(lambda: thing.text)
    assert isinstance(error, LazyReadError), error
    assert error.attribute == "Odd name-1.text"
    assert error.fixes[0].edits == ()


# --- the process --------------------------------------------------------------------------------


def test_without_greenlet_it_says_which_extra_to_install() -> None:
    ran = run(
        "import sys\n"
        "sys.modules['greenlet'] = None\n"
        "import loadwise\n"
        "try:\n"
        "    loadwise.watch\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    assert ran.stderr == ""
    [line] = ran.stdout.splitlines()
    assert 'pip install "sqlalchemy[asyncio]"' in line


def test_without_greenlet_the_rest_is_there() -> None:
    ran = run(
        "import sys\n"
        "sys.modules['greenlet'] = None\n"
        "from loadwise.rules import RULES\n"
        "import loadwise\n"
        "assert 'watch' in dir(loadwise)\n"
        "print(len(RULES))\n"
    )
    assert (ran.stderr, int(ran.stdout) > 0) == ("", True)


@pytest.mark.parametrize("mode", ["explian", "", "EXPLAIN"])
def test_an_unknown_mode_names_those_there_are(mode: str) -> None:
    with pytest.raises(ValueError, match=f"unknown mode '{mode}': choose one of explain"):
        loadwise.watch(mode=mode)


@asynchronous
@pytest.mark.parametrize("root", ["/nowhere/at/all", "", "."])
async def test_a_root_that_is_not_there(root: str) -> None:
    async def show(session: AsyncSession) -> Any:
        user = (await session.scalars(select(User).where(User.id == 100))).one()
        return user.organization

    error = await explained(show, root=Path(root))
    assert error.read is not None
    assert error.read.file.endswith("tests/observe/test_bad_input.py")
    assert error.read.code == "        return user.organization"


async def endpoint(session: Nowhere) -> Nothing:  # type: ignore[name-defined]  # noqa: F821
    user = [session]
    user.append(session)
    return user


def test_an_endpoint_whose_annotations_only_a_type_checker_knows() -> None:
    handle = reading._endpoint_handle(cast("types.FunctionType", endpoint), Project(ROOT))
    assert handle is not None
    assert (handle.instance, handle.session) == ("user", "")


class Waiting(types.ModuleType):
    """A module that is loaded when it is first touched, as `importlib.util.LazyLoader` makes."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"{name} loads it")


@asynchronous
async def test_modules_that_wait_to_be_loaded_go_on_waiting(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "waiting", Waiting("waiting"))
    monkeypatch.setitem(sys.modules, "no_module", object())
    error = await explained(imported(file))
    assert error.attribute == "User.organization"
