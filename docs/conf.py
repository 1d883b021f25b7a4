"""The documentation: Sphinx, furo, MyST. What the code knows is generated when a build starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Rule
from loadwise.core.need import Touch
from loadwise.report.json import dumps, json_schema, loads
from loadwise.report.loading.page import page as loading_page
from loadwise.report.loading.timings import timings_of
from loadwise.rules import RULES

project = "loadwise"
author = "the loadwise developers"
project_copyright = f"2026, {author}"
release = version = version_of("loadwise")

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]

html_theme = "furo"
html_title = "loadwise"
html_show_sourcelink = False

HERE = Path(__file__).parent
SOURCES = HERE.parent / "src" / "loadwise" / "rules"
FAMILIES = {1: "gap", 2: "repeat", 3: "waste", 4: "hazard", 9: "tool"}


def words(kinds: type[Enum]) -> str:
    """The values of an enumeration, as code, in its order."""
    return ", ".join(f"`{kind.value}`" for kind in kinds)


myst_substitutions = {
    "causes": words(CauseKind),
    "levels": words(Level),
    "touches": words(Touch),
}


def setup(app: Sphinx) -> None:
    """Have the generated files written before Sphinx looks for the files to read."""
    app.connect("builder-inited", generate)


def generate(_: Sphinx) -> None:
    """Bring to what the code says what is generated from it; check the JSON example."""
    folder, pages = HERE / "rules", dict(rule_pages())
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        write(folder / name, text)
    timings = timings_of((HERE / "concepts" / "strategies.json").read_text(encoding="utf-8"))
    write(
        HERE / "concepts" / "what-is-loaded-when.md",
        f"% generated from src/loadwise/report/loading/\n\n{loading_page(timings)}",
    )
    write(HERE / "reference" / "schema.json", json.dumps(json_schema(), indent=2) + "\n")
    example = (HERE / "reference" / "example.json").read_text(encoding="utf-8")
    if dumps(loads(example)) != example:
        raise ExtensionError("docs/reference/example.json is not what loadwise writes today")


def write(file: Path, text: str) -> None:
    """Write a file if that changes it, so that Sphinx builds again only what changed."""
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


def rule_pages() -> Iterator[tuple[str, str]]:
    """The file name and the text of every page of docs/rules/."""
    written = []
    for rule in RULES:
        name = rule.name.replace("-", "_") + ".md"
        source = SOURCES / name
        text = source.read_text(encoding="utf-8") if source.exists() else ""
        if text.strip():
            written.append(rule)
            yield f"{rule.name}.md", f"% generated from src/loadwise/rules/{name}\n\n{text}"
    yield "index.md", index_page(written)


def index_page(written: list[Rule]) -> str:
    """The table of all rules, linked to those pages that are written."""
    rows = [
        f"| LW{rule.code} | {f'[{rule.name}]({rule.name}.md)' if rule in written else rule.name} "
        f"| {FAMILIES[rule.code // 100]} | {rule.level} | {rule.summary} |"
        for rule in RULES
    ]
    toctree = ["```{toctree}", ":hidden:", "", *(rule.name for rule in written), "```"]
    return "\n".join(
        [
            "% generated from src/loadwise/rules/ by docs/conf.py",
            "",
            "# Rules",
            "",
            "The name is a rule's identity; the number of its code shows the family.",
            "`loadwise rules` prints this list, `loadwise explain NAME` a page of it.",
            "",
            "| code | name | family | level | what it finds |",
            "|---|---|---|---|---|",
            *rows,
            "",
            *(toctree if written else []),
            "",
        ]
    )
