"""The pytest plugin: `pytest --loadwise` watches a test run, explains and lists what it finds.

A module of its own, because pytest imports the plugins of all installed packages: without the
option or the fixture nothing else of loadwise is imported.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:
    from loadwise.plugin.output import Output
    from loadwise.testing import Recording

MODES: Final = ("report", "fail", "strict")
RECORDING: Final = pytest.StashKey["Recording"]()
"""Where an item keeps its recording."""
ALLOW: Final = (
    'loadwise_allow(name, ..., reason="..."): leave out what is found in this test about an'
    " attribute (User.organization) or by a rule (masked-read); needs --loadwise"
)
BUDGET: Final = (
    "loadwise_budget(statements=N): fail the test at its end where its call has more than N"
    " statements reach a database; needs --loadwise"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options. All work with pytest-xdist."""
    group = parser.getgroup("loadwise", "loadwise: what SQLAlchemy loads and what code reads")
    group.addoption(
        "--loadwise",
        action="store_true",
        help="explain every MissingGreenlet, and list at the end what was found in the run",
    )
    group.addoption(
        "--loadwise-mode",
        choices=MODES,
        help="report: change no outcome (the default); fail: a test with an error or a warning"
        " fails at its end; strict: notes count, too (implies --loadwise)",
    )
    group.addoption(
        "--loadwise-all",
        action="store_true",
        help="list all that was found, not only the most frequent (implies --loadwise)",
    )
    group.addoption(
        "--loadwise-json",
        metavar="FILE",
        help="write the findings of the run to FILE as JSON (implies --loadwise)",
    )
    group.addoption(
        "--loadwise-patch",
        metavar="FILE",
        help="write the safe fixes of what was found to FILE, for `git apply` (implies --loadwise)",
    )
    parser.addini(
        "loadwise_levels",
        "levels of rules, a line each: RULE = error|warning|note|off",
        type="linelist",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks; switch the watch on for the run, where it is asked for."""
    for marker in (ALLOW, BUDGET):
        config.addinivalue_line("markers", marker)
    option = config.option
    asked = option.loadwise or option.loadwise_mode or option.loadwise_all
    if not (asked or option.loadwise_json or option.loadwise_patch):
        return
    if problem := _missing():
        raise pytest.UsageError(f"--loadwise: {problem}")
    from loadwise.plugin.recorder import Recorder, Settings

    settings = Settings(
        mode=option.loadwise_mode or "report",
        levels=_levels(config),
        whole=option.loadwise_all,
        output=_output(config, "--loadwise-json", option.loadwise_json),
        patch=_output(config, "--loadwise-patch", option.loadwise_patch),
    )
    recorder = Recorder(config, settings, RECORDING)
    config.pluginmanager.register(recorder, "loadwise-recorder")
    config.add_cleanup(recorder.watch.stop)


def _missing() -> str:
    """What has to be installed for a watch, and is not."""
    import loadwise

    try:
        getattr(loadwise, "watch")  # noqa: B009
    except ImportError as error:
        return str(error)
    return ""


def _levels(config: pytest.Config) -> Any:
    from loadwise.report.shown import levels_of

    try:
        return levels_of(config.getini("loadwise_levels"))
    except ValueError as error:
        raise pytest.UsageError(f"loadwise_levels: {error}") from None


def _output(config: pytest.Config, option: str, name: str | None) -> Output | None:
    if not name:
        return None
    from loadwise.plugin.output import Output

    output = Output(name, config.invocation_params.dir / name, option)
    is_worker = hasattr(config, "workerinput")
    if not is_worker and (problem := output.problem()):
        raise pytest.UsageError(f"{option}: {problem}")
    return output


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Count the statements of a test's call, where it has a budget or asks for the fixture."""
    recording = item.stash.get(RECORDING, None)
    if recording is None or not recording.counts:
        yield
        return
    with recording.log:
        yield


@pytest.fixture(name="loadwise")
def loadwise_fixture(request: pytest.FixtureRequest) -> Generator[Recording]:
    """What loadwise finds in this test: `findings`, `statements`, and `allow(...)`.

    Without --loadwise it is a watch of its own for this test, which explains what fails.
    """
    item = cast("pytest.Item", request.node)  # pyright: ignore[reportUnknownMemberType]
    watched = item.stash.get(RECORDING, None)
    if watched is not None:
        watched.counts = True
        yield watched
        return
    if problem := _missing():
        pytest.fail(f"the fixture loadwise: {problem}", pytrace=False)
    from loadwise import watch
    from loadwise.observe.sites import Project
    from loadwise.plugin.marks import allow_as_marked
    from loadwise.testing import Recording

    recording = Recording(Project(request.config.rootpath))
    recording.counts = True
    wrong = ""
    try:
        allow_as_marked(recording, item)
    except ValueError as error:
        wrong = str(error)
    if wrong:
        pytest.fail(wrong, pytrace=False)
    item.stash[RECORDING] = recording
    with watch(root=request.config.rootpath, on_finding=recording.record):
        yield recording
    del item.stash[RECORDING]
