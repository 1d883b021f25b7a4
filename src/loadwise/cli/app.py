"""The commands. Each imports what it needs when it runs, so that `--help` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

import click

COLOR = click.Choice(["auto", "always", "never"])
EPILOG = "In a test run: pytest --loadwise. In an application: loadwise.watch()."


class WrongUsageError(click.ClickException):
    """The command line is wrong; said in one line, which ends with where its options are listed."""

    exit_code = 2

    def __init__(self, error: click.UsageError) -> None:
        said = " ".join(error.format_message().split()).rstrip(".")
        command = error.ctx.command_path if error.ctx is not None else "loadwise"
        super().__init__(f"loadwise: {said[:1].lower()}{said[1:]} ({command} --help)")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(self.message, file=file, err=True)


@contextmanager
def in_one_line() -> Generator[None, None, None]:
    """What is wrong with the command line is said in one line, as all other errors are."""
    try:
        yield
    except click.UsageError as error:
        raise WrongUsageError(error) from None


class Commands(click.Group):
    """The commands, each of which says in one line what is wrong with how it was called."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the options before the command."""
        with in_one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the options of the command, and run it."""
        with in_one_line():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(package_name="loadwise", message="loadwise %(version)s")
@click.option(
    "--color",
    type=COLOR,
    default="auto",
    show_default=True,
    help="Colour the output. NO_COLOR and FORCE_COLOR are respected.",
)
@click.pass_context
def app(context: click.Context, color: str) -> None:
    """Load exactly what you need: MissingGreenlet in SQLAlchemy's asyncio code, explained."""
    context.obj = color


@app.command()
@click.pass_obj
def demo(color: str) -> None:
    """Explain and cure the bugs of a small service.

    Copies the service to a temporary folder, runs its tests, pastes the cures, runs them again.
    """
    from loadwise.cli.demo import DemoError, run
    from loadwise.cli.terminal import Terminal

    try:
        run(Terminal(color))
    except DemoError as error:
        fail(str(error))


@app.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--output-format",
    "form",
    type=click.Choice(["full", "concise", "json"]),
    default="full",
    show_default=True,
    help="How findings are printed.",
)
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules, with commas.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules, with commas.")
@click.option(
    "--tier",
    type=click.Choice(["sure", "path", "callee-may", "held"]),
    help="The least sure findings that are shown; callee-may, and held in JSON, if left out.",
)
@click.option("--no-cache", is_flag=True, help="Check anew, though nothing may have changed.")
@click.option("--explain-unknown", is_flag=True, help="Say what could not be resolved, and where.")
@click.pass_obj
def check(
    color: str,
    paths: tuple[str, ...],
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    *,
    tier: str | None,
    no_cache: bool,
    explain_unknown: bool,
) -> None:
    """Find reads of what is not loaded, in source files.

    PATHS are files and folders; the current folder if left out. Exits with 1 where something is
    found, and with 2 where the command itself is wrong.
    """
    from loadwise.analyse.files import NoSuchPathError
    from loadwise.cli.check import UnknownRuleError, run
    from loadwise.cli.terminal import Terminal

    try:
        found = run(
            paths or (".",),
            Terminal(color),
            form=form,
            select=select,
            ignore=ignore,
            tier=tier,
            explain_unknown=explain_unknown,
            cached=not no_cache,
        )
    except (NoSuchPathError, UnknownRuleError) as error:
        fail(str(error))
    if found:
        raise SystemExit(1)


@app.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--unsafe", is_flag=True, help="Apply fixes that may change what the code does, too.")
@click.option("--diff", is_flag=True, help="Print a patch for `git apply`; change no file.")
@click.option("--interactive", is_flag=True, help="Show each fix and ask.")
@click.option(
    "--from",
    "recorded",
    metavar="FILE",
    help="Fix recorded findings: of pytest --loadwise-json, or check --output-format json.",
)
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules, with commas.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules, with commas.")
@click.option(
    "--tier",
    type=click.Choice(["sure", "path", "callee-may", "held"]),
    default="callee-may",
    show_default=True,
    help="The least sure findings that are fixed.",
)
@click.pass_obj
def fix(
    color: str,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    tier: str,
    recorded: str | None,
    *,
    unsafe: bool,
    diff: bool,
    interactive: bool,
) -> None:
    """Fix what `check` finds, or what a test run recorded.

    PATHS are files and folders; the current folder if left out. Applies the fixes that are safe;
    each file is written whole or not at all. Exits with 1 where a fix could not be applied, and
    with 2 where the command itself is wrong.
    """
    if paths and recorded:
        fail("give PATHS, or --from FILE, not both")
    from loadwise.analyse.files import NoSuchPathError
    from loadwise.cli.check import UnknownRuleError
    from loadwise.cli.fix import RecordedError, Wishes, run
    from loadwise.cli.terminal import Terminal

    wishes = Wishes(
        select=select,
        ignore=ignore,
        tier=tier,
        unsafe=unsafe,
        interactive=interactive,
        diff=diff,
        recorded=recorded,
    )
    try:
        done = run(paths or (".",), Terminal(color), wishes)
    except (NoSuchPathError, UnknownRuleError, RecordedError) as error:
        fail(str(error))
    if not done:
        raise SystemExit(1)


@app.command("set-lazy")
@click.argument(
    "strategy",
    metavar="STRATEGY",
    type=click.Choice(["raise", "raise_on_sql", "selectin", "joined", "immediate", "select"]),
)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--only", multiple=True, metavar="NAMES", help="Only these, with commas: User.*, *.orders."
)
@click.option("--default-only", is_flag=True, help="Only those that have no lazy= yet.")
@click.option("--write", is_flag=True, help="Change the files; without it, a diff is printed.")
@click.pass_obj
def set_lazy(
    color: str,
    strategy: str,
    paths: tuple[str, ...],
    only: tuple[str, ...],
    *,
    default_only: bool,
    write: bool,
) -> None:
    """Give the relationships of the models one lazy=.

    STRATEGY is raise, raise_on_sql, selectin, joined, immediate or select, which is the default
    of SQLAlchemy: lazy= goes away. PATHS are files and folders; the current folder if left out.
    Prints a patch and what statements take before and after. Exits with 1 where a file could not
    be changed, and with 2 where the command itself is wrong.
    """
    from loadwise.analyse.files import NoSuchPathError
    from loadwise.cli.set_lazy import NoSuchRelationshipError, run, wish_of
    from loadwise.cli.terminal import Terminal

    wish = wish_of(strategy, only, default_only=default_only)
    try:
        done = run(paths or (".",), Terminal(color), wish, write=write)
    except (NoSuchPathError, NoSuchRelationshipError) as error:
        fail(str(error))
    if not done:
        raise SystemExit(1)


@app.command()
@click.argument("place", metavar="FILE:LINE[:EXPRESSION]")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.pass_obj
def reveal(color: str, place: str, paths: tuple[str, ...]) -> None:
    """Say what is believed of an expression before a line runs.

    Without EXPRESSION, of each name in the line. PATHS are read, too, to know who calls the code;
    the current folder if left out. Exits with 2 where nothing can be said.
    """
    from loadwise.analyse.files import NoSuchPathError
    from loadwise.analyse.reveal import UnrevealedError
    from loadwise.cli.reveal import run
    from loadwise.cli.terminal import Terminal

    try:
        run(place, paths or (".",), Terminal(color))
    except (NoSuchPathError, UnrevealedError) as error:
        fail(str(error))


@app.command()
@click.argument("topic", metavar="[TOPIC]", required=False)
@click.option(
    "--source",
    default=".",
    show_default=True,
    metavar="FOLDER",
    help="Where the source of the application is, for a traceback.",
)
@click.pass_obj
def explain(color: str, topic: str | None, source: str) -> None:
    """Explain a traceback, or print the page of a TOPIC.

    \b
      loadwise explain < traceback.txt     which attribute, where it was to be
      loadwise explain traceback.txt       loaded, why it was not, the cure
    \b
    TOPIC is one of
      a rule            by name (lazy-read) or code (LW101)
      loading           what is loaded when, in short
      lazy=STRATEGY     what one strategy does and costs: select, joined,
                        selectin, subquery, immediate, raise, raise_on_sql,
                        noload, dynamic or write_only

    Of a traceback, exits with 1 where the source does not tell the cause, and with 2 where
    there is nothing to explain.
    """
    if topic is None:
        if sys.stdin is None or sys.stdin.isatty():
            fail("name a topic, or give a traceback: loadwise explain < traceback.txt")
        topic = "-"
    page = page_of(topic)
    if page is not None:
        from loadwise.cli.terminal import Terminal

        Terminal(color).page(page())
    elif topic == "-" or Path(topic).is_file():
        _explain_traceback(color, topic, source)
    else:
        fail(_no_such_topic(topic))


def page_of(topic: str) -> Callable[[], str] | None:
    """What makes the page of a topic, if there is one."""
    wanted = spelled(topic)
    return next((text for name, text in topics().items() if spelled(name) == wanted), None)


def _no_such_topic(topic: str) -> str:
    from loadwise.core.nearest import nearest

    path = Path(topic)
    if path.suffix or len(path.parts) > 1:
        return f"there is no file {topic}"
    meant = nearest(spelled(topic), topics()) or "`loadwise explain --help` lists them"
    return f"there is no topic {topic!r}: {meant}"


def _explain_traceback(color: str, path: str, source: str) -> None:
    from loadwise.analyse.pasted import UnexplainedError
    from loadwise.cli.explain import run, text_at
    from loadwise.cli.terminal import Terminal

    try:
        known = run(text_at(path), source, Terminal(color))
    except UnexplainedError as error:
        fail(str(error))
    if not known:
        raise SystemExit(1)


def topics() -> dict[str, Callable[[], str]]:
    """The pages that there are, by their names: of the rules, and of what is loaded when."""
    from functools import partial

    from loadwise.report.loading.page import topics as loading
    from loadwise.rules import RULES, page

    rules = {name: partial(page, rule) for rule in RULES for name in (rule.name, f"LW{rule.code}")}
    return {**rules, **loading()}


def spelled(topic: str) -> str:
    """A topic as it is compared: case, quotes and the kind of dash do not matter."""
    return topic.lower().replace("_", "-").replace('"', "").replace("'", "")


@app.command()
@click.pass_obj
def rules(color: str) -> None:
    """List the rules: code, name, what each one finds."""
    from loadwise.cli.terminal import Terminal
    from loadwise.rules import RULES

    terminal, width = Terminal(color), max(len(rule.name) for rule in RULES)
    for rule in RULES:
        terminal.entry(f"LW{rule.code}  {rule.name:<{width}}  ", rule.summary)


@app.command()
def schema() -> None:
    """Print the JSON Schema of what --loadwise-json writes."""
    import json

    from loadwise.report.json import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def fail(message: str) -> NoReturn:
    """End with one line and exit code 2."""
    click.echo(f"loadwise: {message}", err=True)
    raise SystemExit(2)
