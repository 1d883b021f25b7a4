"""The command `explain` for a traceback: what it is about, printed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from loadwise.analyse.pasted import Explained, UnexplainedError, explained
from loadwise.cli.terminal import Terminal
from loadwise.report.known import known_text

MOST: Final = 3
"""Findings that are printed for one complaint; a line says how many more there are."""


def text_at(path: str) -> str:
    """The text of a file, or of the standard input for `-`; what is no text is replaced.

    Raises UnexplainedError for a file that cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UnexplainedError(f"{path} cannot be read: {error.strerror or error}") from None
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    return data.decode(encoding, errors="replace")


def run(text: str, source: str, terminal: Terminal) -> bool:
    """Explain a pasted traceback by the source in a folder; True where a finding is the answer.

    Raises UnexplainedError for what cannot be explained.
    """
    root = Path(source)
    if not root.is_dir():
        raise UnexplainedError(f"there is no folder {source}")
    answers = explained(text, root.resolve())
    for place, answer in enumerate(answers):
        if place:
            terminal.line()
        _print(answer, terminal)
    return all(answer.findings for answer in answers)


def _print(answer: Explained, terminal: Terminal) -> None:
    if answer.located is not None and answer.located.said:
        moved = f"the traceback has line {answer.located.said}: the file has changed since"
        terminal.line(f"{answer.located.site.file}:{answer.located.site.line}  {moved}", "dim")
    if answer.known is not None:
        terminal.line(known_text(answer.known))
        return
    if answer.elsewhere:
        terminal.line("the traceback names no line of this source; what it may be about:", "dim")
    elif len(answer.findings) > 1:
        terminal.line("it is one of these:", "dim")
    for place, finding in enumerate(answer.findings[:MOST]):
        if place:
            terminal.line()
        terminal.finding(finding)
    if len(answer.findings) > MOST:
        terminal.line(f"and {len(answer.findings) - MOST} more: loadwise check")
