"""Page: a Markdown file, and the Python blocks in it with what they promise.

A promise is a comment at the end of a line of a block:

    # ok                              this line runs, and nothing is raised
    # error: [lazy-read]              this line raises MissingGreenlet, and loadwise names the rule
    # raises: DetachedInstanceError   this line raises just that, with loadwise and without
    # noticed: [masked-read]          this line runs, and in the mode "full" loadwise names the rule
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from io import StringIO
from pathlib import Path

HEADING = re.compile(r"(#+) +(.+?) *")
PROMISE = re.compile(
    r"# (?:(?P<ok>ok)|error: \[(?P<error>[a-z]+(?:-[a-z]+)*)\]|raises: (?P<raises>[A-Z]\w+)"
    r"|noticed: \[(?P<noticed>[a-z]+(?:-[a-z]+)*)\])"
)
LIKE_A_PROMISE = re.compile(r"#\s*(?:ok|errors?|raises?|noticed?)\b", re.IGNORECASE)


class Kind(str, Enum):
    """What a promise says of its line."""

    OK = "ok"
    ERROR = "error"
    RAISES = "raises"
    NOTICED = "noticed"

    @property
    def runs(self) -> bool:
        """Whether the line runs, and nothing is raised."""
        return self in {Kind.OK, Kind.NOTICED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What one line of a page does; `name` is the rule, or the class of the exception."""

    line: int
    kind: Kind
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading; the title of a page has level 1."""

    line: int
    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A Python block. Lines are those of the page; `headings` lead to it, the title left out."""

    page: Path
    line: int
    headings: tuple[str, ...]
    source: str
    promises: tuple[Promise, ...]

    @property
    def failure(self) -> Promise | None:
        """The promise of the line that raises; None where the block runs through."""
        return next((one for one in self.promises if not one.kind.runs), None)

    @property
    def noticed(self) -> tuple[Promise, ...]:
        """The promises of the lines that the mode "full" has something to say of."""
        return tuple(one for one in self.promises if one.kind is Kind.NOTICED)

    @property
    def fine(self) -> frozenset[int]:
        """The lines that are promised to work."""
        return frozenset(one.line for one in self.promises if one.kind.runs)

    @property
    def name(self) -> str:
        """A name for reports: page, line, and the headings above."""
        words = re.sub(r"[^a-z0-9]+", "-", " ".join(self.headings).lower()).strip("-")
        return f"{self.page.stem}:{self.line}-{words}"

    def at(self, line: int) -> str:
        """A line of the page, as a terminal makes it a link."""
        return f"{self.page}:{line}"

    def tree(self) -> ast.Module:
        """The statements, each on its line of the page."""
        return ast.parse("\n" * (self.line - 1) + self.source, filename=str(self.page))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A Markdown file."""

    path: Path
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]

    @property
    def code(self) -> str:
        """The page as a Python file: each block at its place, all other lines blank."""
        lines: list[str] = []
        for block in self.blocks:
            lines += [""] * (block.line - 1 - len(lines))
            lines += block.source.splitlines()
        return "\n".join(lines) + "\n"

    @property
    def sections(self) -> tuple[str, ...]:
        """The headings of the second level, in their order."""
        return tuple(heading.text for heading in self.headings if heading.level == 2)


class PageError(ValueError):
    """A page cannot be read; the message says where and why."""


def read(path: Path) -> Page:
    """Read a page. Raises PageError for an open block and for a promise that is none."""
    headings: list[Heading] = []
    blocks: list[Block] = []
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    for number, text in lines:
        if text.startswith("```"):
            code = list(_until_fence(path, number, lines))
            if text == "```python":
                blocks.append(_block(path, number + 1, _leading(headings), code))
        elif (found := HEADING.fullmatch(text)) is not None:
            headings.append(Heading(line=number, level=len(found[1]), text=found[2]))
    return Page(path=path, headings=tuple(headings), blocks=tuple(blocks))


def _until_fence(path: Path, opened: int, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, text in lines:
        if text == "```":
            return
        yield text
    raise PageError(f"{path}:{opened}: the block is not closed")


def _leading(headings: list[Heading]) -> tuple[str, ...]:
    """The headings that lead to the end of the page, from the second level inwards."""
    leading: list[Heading] = []
    for heading in headings:
        leading = [one for one in leading if one.level < heading.level]
        leading.append(heading)
    return tuple(one.text for one in leading if one.level > 1)


def _block(path: Path, line: int, headings: tuple[str, ...], code: list[str]) -> Block:
    source = "\n".join(code) + "\n"
    return Block(
        page=path,
        line=line,
        headings=headings,
        source=source,
        promises=tuple(_promises(path, line, source)),
    )


def _promises(path: Path, first: int, source: str) -> Iterator[Promise]:
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = first + token.start[0] - 1
        found = PROMISE.fullmatch(token.string)
        if found is not None and found.lastgroup is not None:
            kind = Kind(found.lastgroup)
            yield Promise(line=line, kind=kind, name="" if kind is Kind.OK else found[kind.value])
        elif LIKE_A_PROMISE.match(token.string):
            raise PageError(f"{path}:{line}: not a promise: {token.string}")


def faults(page: Page, sections: tuple[str, ...] = ()) -> Iterator[str]:
    """What a page lacks to be a specification, one sentence each.

    It shows what fails and what works. A block raises at most once, and promises nothing behind
    that. Where the page has a section "Use instead", each of its blocks says what works now.
    `sections` are the headings of the second level that it must have, in this order.
    """
    name = page.path.name
    if sections and page.sections != sections:
        yield f"{name}: the sections are {list(page.sections)}, expected {list(sections)}"
    if not any(block.failure or block.noticed for block in page.blocks):
        yield f"{name}: no block raises, and of none there is anything to say"
    if not any(block.fine for block in page.blocks):
        yield f"{name}: no block has a line that works"
    for block in page.blocks:
        at = f"{name}:{block.line}"
        failures = [one.line for one in block.promises if not one.kind.runs]
        if len(failures) > 1:
            yield f"{at}: a block can raise once, this one promises it on lines {failures}"
        if failures and max(block.fine, default=0) > failures[0]:
            yield f"{at}: what follows a line that raises is not run"
        wrong = failures or block.noticed or not block.fine
        if block.headings[:1] == ("Use instead",) and wrong:
            yield f'{at}: a block under "Use instead" has a line that is ok, and does not raise'
