"""Merge: the fixes of all findings, put together to one set of edits for each file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.edit import Applicability, Edit, Fix, OverlappingEditsError, apply_edits
from loadwise.core.finding import Finding, Level
from loadwise.core.source import NAME, Source
from loadwise.fix.inserted import together
from loadwise.fix.option import ConflictError

WEIGHTS: Final = tuple(Level)
"""What comes first where fixes get in each other's way."""
IN_THE_WAY: Final = "another fix changes the same code"
NO_PYTHON: Final = "it is not Python, or would not be any more"
CHANGED: Final = "it has changed since this was found"

Text = Callable[[str], str]
"""What a file holds. Raises UnfitError where it cannot be changed."""


class UnfitError(ValueError):
    """A file that cannot be changed; the message says why, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """A finding, and the one of its fixes that is to be applied."""

    finding: Finding
    fix: Fix

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it changes."""
        return tuple(sorted({edit.file for edit in self.fix.edits}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A cure that is not applied, the file that it is about, and why, in a few words."""

    cure: Cure
    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What files were and what they become, which cures are in it, and which are not."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    applied: tuple[Cure, ...]
    refused: tuple[Refused, ...]


def cure_of(finding: Finding, *, unsafe: bool) -> Cure | None:
    """The first fix of a finding that may be applied; None where there is none."""
    for fix in finding.fixes:
        if fix.applicability is Applicability.SAFE or (unsafe and fix.edits):
            return Cure(finding=finding, fix=fix)
    return None


def merge(cures: Iterable[Cure], text: Text) -> Merged:
    """Put cures together: the gaps of one statement become one `.options(...)`.

    A cure that gets in the way of one that weighs more is refused, and so is one after which a file
    would not be Python any more.
    """
    files = _Files(text)
    applied: list[Cure] = []
    refused: list[Refused] = []
    for cure in sorted(cures, key=_weight):
        problem = (
            files.change(cure) if not any(_covers(one, cure, files) for one in applied) else None
        )
        if problem is None:
            applied.append(cure)
        else:
            refused.append(problem)
    changed = [file for file in sorted(files.after) if files.after[file] != files.before[file]]
    return Merged(
        before={file: files.before[file] for file in changed},
        after={file: files.after[file] for file in changed},
        applied=tuple(applied),
        refused=tuple(refused),
    )


class _InFileError(Exception):
    """Why a cure cannot be applied, and which file that is about."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(reason)
        self.file = file
        self.reason = reason


class _Files:
    """What the files hold, the edits so far, and what they make of them."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._unfit: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._edits: dict[str, tuple[Edit, ...]] = {}
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}

    def source(self, file: str) -> Source:
        """A file as it was. Raises _InFileError where it cannot be changed."""
        if file in self._unfit:
            raise _InFileError(file, self._unfit[file])
        if file not in self._sources:
            try:
                self._sources[file] = self._read(file)
            except UnfitError as error:
                self._unfit[file] = str(error)
                raise _InFileError(file, str(error)) from None
        return self._sources[file]

    def _read(self, file: str) -> Source:
        text = self._text(file)
        source = Source.parse(text)
        if source is None:
            raise UnfitError(NO_PYTHON)
        self.before[file] = text
        return source

    def change(self, cure: Cure) -> Refused | None:
        """Add the edits of a cure, all of them or none; then that says why."""
        try:
            self._change(cure)
        except _InFileError as error:
            return Refused(cure=cure, file=error.file, reason=error.reason)
        return None

    def _change(self, cure: Cure) -> None:
        edits: dict[str, tuple[Edit, ...]] = {}
        texts: dict[str, str] = {}
        for file in cure.files:
            source = self.source(file)
            if any(source.line(line).strip() != code for line, code in _lines_of(cure, file)):
                raise _InFileError(file, CHANGED)
            more = [edit for edit in cure.fix.edits if edit.file == file]
            if any(edit.start[0] > len(source.lines) + 1 for edit in more):
                raise _InFileError(file, CHANGED)
            try:
                edits[file] = _united((*self._edits.get(file, ()), *more))
                texts[file] = apply_edits(source.text, edits[file])
            except (ConflictError, OverlappingEditsError):
                raise _InFileError(file, IN_THE_WAY) from None
            if not _compiles(texts[file]) and _compiles(source.text):
                raise _InFileError(file, NO_PYTHON)
        self._edits.update(edits)
        self.after.update(texts)


def _united(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits of which no two are for one place."""
    places: dict[tuple[tuple[int, int], tuple[int, int]], list[Edit]] = {}
    for edit in edits:
        places.setdefault((edit.start, edit.end), []).append(edit)
    return tuple(_one(several) for several in places.values())


def _one(several: list[Edit]) -> Edit:
    texts = list(dict.fromkeys(edit.text for edit in several))
    first = several[0]
    lists = all(text.startswith("[") for text in texts)
    if len(texts) > 1 and first.start != first.end and not lists:
        raise ConflictError("two texts in the place of one")
    return replace(first, text=together(texts))


def _lines_of(cure: Cure, file: str) -> Iterator[tuple[int, str]]:
    """The lines of a file that the finding shows, as they were when it was found."""
    finding = cure.finding
    for site in (finding.read, finding.load, finding.cause.site):
        if site is not None and site.file == file and site.code:
            yield site.line, site.code.strip()


def _covers(done: Cure, cure: Cure, files: _Files) -> bool:
    """Whether a line that one cure puts in always runs before the one that another would put in.

    It does the same then, if both undo the same thing.
    """
    one, other = done.fix, cure.fix
    if one.text != other.text or len(one.edits) != 1 or len(other.edits) != 1:
        return False
    (first,), (second,) = one.edits, other.edits
    same = first.file == second.file and first.text.strip() == second.text.strip() == one.text
    if not same or done.finding.cause != cure.finding.cause or first.start > second.start:
        return False
    source = files.source(first.file)
    ahead, behind = source.statement_on(first.start[0]), source.statement_on(second.start[0])
    if ahead is None or behind is None or source.function(ahead) is not source.function(behind):
        return False
    around = source.parents.get(ahead)
    blocks = (getattr(around, name, None) for name in ("body", "orelse", "finalbody"))
    above = {behind, *source.above(behind)}
    return any(block and ahead in block and above & {*block} for block in blocks)


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, NAME, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _weight(cure: Cure) -> tuple[int, tuple[Edit, ...], str, str]:
    """What comes first: what weighs more, then what stands before the other."""
    finding = cure.finding
    place = tuple(sorted(cure.fix.edits))
    return WEIGHTS.index(finding.level), place, finding.code, finding.path
