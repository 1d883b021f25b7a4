"""The commands. Each imports what it needs when it runs, so that `--help` answers at once."""

from __future__ import annotations

import difflib
import json
from typing import NoReturn

import click

COLOR = click.Choice(["auto", "always", "never"])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    """Load exactly what you need: explain MissingGreenlet in SQLAlchemy asyncio code."""
    context.obj = color


@app.command()
@click.pass_obj
def demo(color: str) -> None:
    """Explain and cure the bugs of a small service, in a temporary folder."""
    from loadwise.cli.demo import DemoError, run
    from loadwise.cli.terminal import Terminal

    try:
        run(Terminal(color))
    except DemoError as error:
        fail(str(error))


@app.command()
@click.argument("topic", metavar="RULE")
@click.pass_obj
def explain(color: str, topic: str) -> None:
    """Print the page of a RULE, by its name (lazy-read) or code (LW101)."""
    from loadwise.cli.terminal import Terminal
    from loadwise.rules import RULES, page

    names = {rule.name: rule for rule in RULES}
    codes = {f"lw{rule.code}": rule for rule in RULES}
    rule = names.get(topic.lower()) or codes.get(topic.lower())
    if rule is None:
        near = difflib.get_close_matches(topic.lower(), names, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "loadwise rules lists them"
        fail(f"there is no rule {topic!r}: {hint}")
    Terminal(color).markdown(page(rule))


@app.command()
def rules() -> None:
    """List the rules: code, name, what each one finds."""
    from loadwise.rules import RULES

    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        click.echo(f"LW{rule.code}  {rule.name:<{width}}  {rule.summary}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the findings that --loadwise-json writes."""
    from loadwise.report.json import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def fail(message: str) -> NoReturn:
    """End with one line and exit code 2."""
    click.echo(f"loadwise: {message}", err=True)
    raise SystemExit(2)
