"""The checks of this project; `nox -s check` is what CI runs, `nox --list` shows the rest."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))

from tests.packages.listed import LISTED

PYTHONS = ("3.10", "3.11", "3.12", "3.13")

SQLALCHEMYS = {
    "2.0.30": "sqlalchemy[asyncio]==2.0.30",
    "2.0": "sqlalchemy[asyncio]~=2.0.30",
    "2.1": "sqlalchemy[asyncio]~=2.1.0",
}
"""The oldest release that is supported, and the newest of each minor version."""

REDUCED = ("3.10-sqlalchemy-2.0.30", "3.13-sqlalchemy-2.1")
"""The part of the matrix that CI runs: each end."""

PLUGINS = (
    *(("7.4", "0.18"), ("7.4", "0.23")),
    *(("8", "0.18"), ("8", "0.23"), ("8", "1")),
    ("9", "1"),
)
"""The releases of pytest, and of pytest-asyncio, that work together.

pytest-asyncio 1 asks for pytest 8.2; 0.18 and 0.23 install beside pytest 9 and fail there at once,
with loadwise or without.
"""

PLUGINS_INI = """\
[pytest]
asyncio_mode = strict
"""
"""What pytest is told there: older releases do not know all that pyproject.toml says."""

HOSTS = {"2.0.30": "3.12", "2.1": "3.13"}
"""The releases whose own tests are run with a watch, each with a Python that it has."""

COMPLETE = "*/loadwise/core/*,*/loadwise/rules/*"
"""The pure packages, whose every branch is covered."""

PURE_TESTS = ("tests/core", "tests/laws", "tests/rules", "tests/report")
"""Their tests, which need no other test to cover them."""

OF_SOURCE = ("tests/fix", "tests/cli", "tests/programs")
"""Tests of what reads source text, and runs commands; they take long."""

OF_SQLALCHEMY = ("tests/machine", "tests/truth", "tests/scenarios", "tests/response")
"""Tests of what hangs on SQLAlchemy, and not on Python."""

LONG = ("tests/observe/test_memory.py", "tests/host", "tests/scenarios/test_in_pytest.py")
"""What takes longest of the rest."""

LEFT_OUT = {
    "3.10-sqlalchemy-2.0.30": (
        *(*OF_SOURCE, *LONG, "tests/core", "tests/laws", "tests/report", "tests/meta"),
        "tests/truth/test_predicted.py",  # the cells of both versions are in a file
    ),
    "3.13-sqlalchemy-2.1": (
        *(*PURE_TESTS, *OF_SOURCE, *OF_SQLALCHEMY, *LONG),
        *("tests/analyse", "tests/meta"),
    ),
}
"""What CI leaves out at each end, because the README's command runs it with the newest SQLAlchemy.

`nox -s tests` runs all of it at both ends, and between them.
"""

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["check"]


def put_pyenv_on_path() -> None:
    """Let uv find the Pythons that pyenv installed; elsewhere this does nothing.

    pyenv puts on PATH the versions that are selected, and shims that fail for all others.
    """
    versions = Path.home() / ".pyenv" / "versions"
    bins = [str(path) for python in PYTHONS for path in sorted(versions.glob(f"{python}.*/bin"))]
    os.environ["PATH"] = os.pathsep.join([*bins, os.environ["PATH"]])


put_pyenv_on_path()


def sync(session: nox.Session, *groups: str) -> None:
    """Install the project and some of its dependency groups, exactly as uv.lock has them."""
    session.run_install(
        "uv",
        "sync",
        "--quiet",
        "--locked",
        "--no-default-groups",
        *(f"--group={group}" for group in groups),
        f"--python={session.virtualenv.location}",
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location},
    )


def installed(session: nox.Session, distribution: str) -> str:
    """The version of a distribution in the session's environment."""
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    return str(session.run("python", "-c", code, silent=True)).strip()


@nox.session(venv_backend="none")
def check(session: nox.Session) -> None:
    """What CI runs: lint, types, import rules, docs, coverage, tests on a reduced matrix."""
    for name in ("lint", "types", "imports", "docs", "coverage"):
        session.notify(name)
    for combination in REDUCED:
        ignored = [f"--ignore={tests}" for tests in LEFT_OUT[combination]]
        session.notify(f"tests({combination})", ["-m", "not deep", *ignored])


@nox.session(venv_backend="none")
def nightly(session: nox.Session) -> None:
    """What takes too long for each change: the deep tests on the matrix's ends, the state machine
    for 100,000 steps, the hosts, and fuzzing.
    """
    for combination in REDUCED:
        session.notify(f"tests({combination})", ["-m", "deep"])
    for sqlalchemy in HOSTS:
        session.notify(f"machine({sqlalchemy})")
    for sqlalchemy in HOSTS:
        session.notify(f"host({sqlalchemy})")
    session.notify("fuzz")


@nox.session
@nox.parametrize(
    "python,sqlalchemy",
    [
        nox.param(python, sqlalchemy, id=f"{python}-sqlalchemy-{sqlalchemy}")
        for python in PYTHONS
        for sqlalchemy in SQLALCHEMYS
    ],
)
def tests(session: nox.Session, sqlalchemy: str) -> None:
    """The test suite, the deep tests too, on every supported Python and SQLAlchemy."""
    if (session.python, sqlalchemy) == ("3.13", "2.0.30"):
        session.skip("SQLAlchemy 2.0.30 does not import on Python 3.13; 2.0.31 is the first to")
    sync(session, "test")
    session.install("--upgrade-package=sqlalchemy", SQLALCHEMYS[sqlalchemy])
    session.log(f"SQLAlchemy {installed(session, 'sqlalchemy')}")
    session.run("pytest", "-m", "", *session.posargs)


@nox.session
@nox.parametrize(
    "pytest,asyncio",
    [nox.param(*pair, id="pytest-{}-asyncio-{}".format(*pair)) for pair in PLUGINS],
)
def plugins(session: nox.Session, pytest: str, asyncio: str) -> None:
    """The tests of the pytest plugin, on the releases of pytest and pytest-asyncio in use."""
    sync(session, "test")
    session.install(f"pytest=={pytest}.*", f"pytest-asyncio=={asyncio}.*")
    session.log(f"{installed(session, 'pytest')}, {installed(session, 'pytest-asyncio')}")
    ini = Path(session.create_tmp()).resolve() / "pytest.ini"
    ini.write_text(PLUGINS_INI, encoding="utf-8")
    options = ("-c", str(ini), "--rootdir=.", "-nauto", "tests/plugin")
    session.run("pytest", *options, *session.posargs)


@nox.session
def prerelease(session: nox.Session) -> None:
    """The test suite on the next SQLAlchemy, where it has a pre-release; a failure only warns."""
    sync(session, "test")
    session.install("--upgrade", "--prerelease=allow", "sqlalchemy[asyncio]")
    version = installed(session, "sqlalchemy")
    if version.replace(".", "").isdigit():
        session.skip(f"SQLAlchemy has no pre-release newer than {version}")
    session.run("pytest", *session.posargs, success_codes=[0, 1])
    session.warn(f"SQLAlchemy {version} is a pre-release: failures above do not fail this session")


@nox.session
@nox.parametrize(
    "python,sqlalchemy",
    [nox.param(python, sqlalchemy, id=sqlalchemy) for sqlalchemy, python in HOSTS.items()],
)
def machine(session: nox.Session, sqlalchemy: str) -> None:
    """Random programs on the model and on SQLAlchemy, for 100,000 steps; the seed is printed.

    `-- --steps 5000 --seed 1` are arguments of `python -m tests.machine.run`.
    """
    sync(session, "test")
    session.install("--upgrade-package=sqlalchemy", SQLALCHEMYS[sqlalchemy])
    session.run("python", "-m", "tests.machine.run", *(session.posargs or ["--steps", "100000"]))


@nox.session
@nox.parametrize(
    "python,sqlalchemy",
    [nox.param(python, sqlalchemy, id=sqlalchemy) for sqlalchemy, python in HOSTS.items()],
)
def host(session: nox.Session, sqlalchemy: str) -> None:
    """SQLAlchemy's own tests, without `watch()` and with it; `-- --part asyncio|orm|all`.

    Without arguments: what `nightly` runs, in the mode "full", which does all that "explain" does,
    and more; `-- --mode explain` is the other one.
    """
    sync(session, "test")
    session.install("--upgrade-package=sqlalchemy", SQLALCHEMYS[sqlalchemy])
    # what pip asks the sources of SQLAlchemy with
    session.install("pip", "setuptools>=77")
    if sqlalchemy == "2.0.30":
        # later ones keep a process alive for a connection that nobody closed
        session.install("aiosqlite<0.22")
    folder = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "tests.host", "sqlalchemy", f"--folder={folder}", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Ten thousand mutated and truncated sources; `LOADWISE_FUZZ_SEED=7` takes others."""
    sync(session, "test")
    env = {"LOADWISE_FUZZ": os.environ.get("LOADWISE_FUZZ", "10000")}
    session.run("pytest", "-nauto", "tests/analyse/test_fuzz.py", *session.posargs, env=env)


@nox.session
def leaks(session: nox.Session) -> None:
    """A hundred thousand statements under `watch()`, in each mode: memory stays flat."""
    sync(session, "test")
    session.run(
        *("pytest", "-n0", "-v", "tests/host/test_leaks.py", *session.posargs),
        env={"LOADWISE_STATEMENTS": "100000"},
    )


@nox.session
def neighbours(session: nox.Session) -> None:
    """The tests of a project that uses SQLAlchemy, without `--loadwise` and with it; `-- PATH`.

    Options of its own are in `python -m tests.host neighbour --help`.
    """
    session.install("-e", ".[cli]", "pytest")
    session.run("python", "-m", "tests.host", "neighbour", *session.posargs)


@nox.session
@nox.parametrize("package", [nox.param(name, id=name) for name in LISTED])
def schemas(session: nox.Session, package: str) -> None:
    """The graph from source text and the one of live mappers, on a package that others wrote."""
    session.install("-e", ".", *LISTED[package].requirements)
    session.run("python", "-m", "tests.packages", package)


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests of core/ and rules/ with branch coverage, which must be complete there."""
    sync(session, "test")
    env = {"COVERAGE_FILE": str(Path(session.create_tmp()).resolve() / "coverage")}
    session.run("coverage", "erase", env=env)
    session.run("coverage", "run", "-m", "pytest", *PURE_TESTS, env=env)
    session.run("coverage", "combine", "--quiet", env=env)
    session.run("coverage", "report", f"--include={COMPLETE}", "--fail-under=100", env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's rules and format, and a lock file that fits pyproject.toml."""
    session.run("uv", "lock", "--check", "--quiet", external=True)
    sync(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy strict over the source and the tests, pyright strict over the source."""
    sync(session, "types")
    session.run("mypy")
    session.run("pyright")


@nox.session
def imports(session: nox.Session) -> None:
    """The import rules of ARCHITECTURE.md."""
    sync(session, "imports")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, in docs/_build/html; a warning is an error."""
    sync(session, "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", "docs/_build/html")


@nox.session
def changelog(session: nox.Session) -> None:
    """What the fragments in changelog.d/ will look like in CHANGELOG.md."""
    sync(session, "release")
    session.run("towncrier", "build", "--draft", *session.posargs)
