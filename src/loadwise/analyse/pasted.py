"""Pasted: what a traceback that somebody pasted is about, by what the source says of its line.

The engine's findings are asked first. Where there is none for the line, what the line itself and
the traceback tell is said, and no more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from loadwise.analyse.check import check
from loadwise.analyse.files import read_tree
from loadwise.analyse.located import Located, is_installed, located
from loadwise.core.complaint import Complaint, complaints_of
from loadwise.core.finding import Finding, Level
from loadwise.core.graph import Graph
from loadwise.core.need import Touch
from loadwise.core.source import Source
from loadwise.core.trace import Trace, traces_of
from loadwise.schema.from_source import schema_of


class UnexplainedError(ValueError):
    """The text is none that can be explained; the message says why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an error where the engine has no finding for its line.

    `attributes` are as their classes have them (`User.team`), or bare names. `loaded` says what
    was to be loaded: "a relationship", "columns", or nothing that is known.
    """

    located: Located | None
    attributes: tuple[str, ...] = ()
    loaded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One complaint of a traceback: its line, and the findings that may be meant, best first.

    Where there is no finding, `known` is all that can be said. `elsewhere` says that the traceback
    names no line of the source, so that the findings are about the same attribute alone.
    """

    complaint: Complaint
    findings: tuple[Finding, ...] = ()
    known: Known | None = None
    located: Located | None = None
    elsewhere: bool = False


NO_TRACEBACK: Final = (
    "there is no traceback in what was given: paste it whole, with its `File` lines"
)
LOADERS: Final = {
    "_load_expired": "columns",
    "load_scalar_attributes": "columns",
    "_emit_lazyload": "a relationship",
}
"""The functions of SQLAlchemy by which a traceback tells what was to be loaded."""
LEVELS: Final = {level: place for place, level in enumerate(Level)}


def explained(text: str, root: Path) -> tuple[Explained, ...]:
    """What a pasted traceback is about, one answer for each attribute that it complains of.

    Nothing of the project is run. Raises UnexplainedError for what is no such traceback.
    """
    pasted = Pasted(text, root)
    return tuple(pasted.answer(complaint) for complaint in pasted.complaints)


class Pasted:
    """A pasted traceback, and the source below a folder that it is about."""

    def __init__(self, text: str, root: Path) -> None:
        if not text.strip():
            raise UnexplainedError(
                "what was given is empty: paste a traceback, with its `File` lines"
            )
        self.root = root
        traces = traces_of(text)
        if not traces and not complaints_of(text):
            raise UnexplainedError(NO_TRACEBACK)
        self.trace, self.complaints = self._chosen(traces or (Trace(said=text),))
        if self.located is None and not any(one.attribute for one in self.complaints):
            raise UnexplainedError(self._outside(traces) if traces else NO_TRACEBACK)

    def _chosen(self, traces: tuple[Trace, ...]) -> tuple[Trace, tuple[Complaint, ...]]:
        """Of chained exceptions, the first about loading that has a line of the project."""
        about = [(one, complaints_of(one.said)) for one in traces]
        about = [(one, complaints) for one, complaints in about if complaints]
        if not about:
            raise UnexplainedError("the traceback is not about an attribute that was not loaded")
        inside = [pair for pair in about if located(pair[0], self.files, self._lines)]
        return (inside or about)[0]

    def _outside(self, traces: tuple[Trace, ...]) -> str:
        """Why no frame is in the project: the file is elsewhere, or it has changed."""
        frames = [frame for trace in traces for frame in trace.frames if not is_installed(frame)]
        if not frames:
            return "the traceback names no line of an application"
        last = frames[-1]
        file = next((one for one in self.files if f"/{last.file}".endswith(f"/{one}")), "")
        if file:
            return f"{file} has changed since: its line {last.line} is not that of the traceback"
        return f"no line of the traceback is in a file below {self.root}: it names {last.file}"

    @cached_property
    def tree(self) -> dict[str, list[str]]:
        """The lines of every file of the project."""
        return read_tree([self.root], self.root).lines

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the project."""
        return tuple(self.tree)

    def _lines(self, file: str) -> list[str]:
        return self.tree[file]

    @cached_property
    def located(self) -> Located | None:
        """The line of the project that the error comes from, if it names one."""
        return located(self.trace, self.files, self._lines)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings about the project."""
        return check([self.root], self.root).findings

    @cached_property
    def graph(self) -> Graph:
        """The mapped classes of the project."""
        return schema_of(read_tree([self.root], self.root).project).graph

    def answer(self, complaint: Complaint) -> Explained:
        """The findings that a complaint may be about; what is known where there is none."""
        ranked = [(self._likeness(complaint, finding), finding) for finding in self.findings]
        best = max((rank for rank, _ in ranked), default=0)
        found = [finding for rank, finding in ranked if rank == best and rank]
        if not found:
            known = self._known(complaint)
            return Explained(complaint=complaint, known=known, located=self.located)
        ordered = sorted(found, key=lambda one: (LEVELS[one.level], str(one.load)))
        return Explained(
            complaint=complaint,
            findings=tuple(ordered),
            located=self.located,
            elsewhere=self.located is None,
        )

    def _likeness(self, complaint: Complaint, finding: Finding) -> int:
        """How well a finding fits, 0 is not at all: by line, else by function or attribute."""
        name = finding.attribute.rpartition(".")[2]
        if finding.read is None or name not in self._named(complaint, name):
            return 0
        entity = finding.entity.rpartition(".")[2]
        if complaint.entity and complaint.serialised and entity != complaint.entity:
            return 0
        place = self.located
        if place is None:
            return 1 if finding.touch is Touch.SERIALISE else 0
        if finding.read.file != place.site.file:
            return 0
        if finding.read.line == place.site.line:
            return 4
        if finding.read.line in self._statement:
            return 3
        function = finding.read.function.rpartition(".")[2]
        return 2 if complaint.serialised and function == place.site.function else 0

    @cached_property
    def _statement(self) -> range:
        """The lines of the simple statement that the line is part of."""
        place = self.located
        source = self._source
        node = source.statement_on(place.site.line) if place is not None and source else None
        if node is None or hasattr(node, "body"):
            return range(0)
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)

    @cached_property
    def _source(self) -> Source | None:
        place = self.located
        return Source.parse("\n".join(self.tree[place.site.file])) if place is not None else None

    def _named(self, complaint: Complaint, name: str) -> tuple[str, ...]:
        """The attributes that may be meant: the named or marked one; else the one asked for."""
        if complaint.attribute:
            return (complaint.attribute,)
        marked = attribute_marked(self.located.marked) if self.located is not None else ""
        return (marked,) if marked else (name,)

    def _known(self, complaint: Complaint) -> Known:
        place = self.located
        marked = attribute_marked(place.marked) if place is not None else ""
        given = complaint.attribute or marked
        names = (given,) if given else tuple(dict.fromkeys(self._read_at_line()))
        attributes = [one for name in names for one in self._owned(complaint, name)]
        functions = [frame.function for frame in self.trace.frames]
        loaded = next((LOADERS[name] for name in functions if name in LOADERS), "")
        return Known(located=place, attributes=tuple(attributes), loaded=loaded)

    def _owned(self, complaint: Complaint, name: str) -> Iterator[str]:
        """An attribute with each of the classes that have one of its name; bare where none has."""
        owners = {
            self.graph.declarer(entity.name, name)
            for entity in self.graph.entities
            if name in entity.names
        }
        if complaint.entity in self.graph:
            lineage = {one.name for one in self.graph.lineage(complaint.entity)}
            owners = owners & lineage or owners
        if owners:
            yield from (f"{owner}.{name}" for owner in sorted(owners))
        elif complaint.attribute or (self.located is not None and self.located.marked):
            yield name

    def _read_at_line(self) -> Iterator[str]:
        """The attributes that the statement reads, in the order of the text."""
        if self._source is None or self.located is None:
            return
        line = self.located.site.line
        nodes = [
            node
            for node in self._source.nodes(ast.Attribute)
            if (node.end_lineno or node.lineno) in self._statement or node.lineno == line
        ]
        for node in sorted(
            nodes, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0)
        ):
            yield node.attr


def attribute_marked(marked: str) -> str:
    """The attribute that carets mark: `team` of `user.team`; empty where it is no attribute."""
    try:
        node = ast.parse(marked.strip(), mode="eval").body if marked.strip() else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else ""
