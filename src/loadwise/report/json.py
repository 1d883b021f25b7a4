"""The JSON contract, version 1: what `--loadwise-json` writes and `loadwise schema` describes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, cast

from loadwise.core.finding import Finding
from loadwise.core.tally import tally
from loadwise.core.wire import WireError, decode, encode, schema
from loadwise.fix.files import digest

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What wrote the document."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many reads of mapped objects were met, and how many of them could be resolved."""

    reads: int = 0
    resolved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A file that fixes edit, and the SHA-256 of what it held when they were planned, in hex."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One run: its findings, sorted, each once, and the files that their fixes edit."""

    version: int
    tool: Tool
    coverage: Coverage
    findings: tuple[Finding, ...]
    originals: tuple[Original, ...] = ()


def document(
    findings: Iterable[Finding], coverage: Coverage | None = None, root: Path | None = None
) -> Document:
    """The document of a run; equal findings are added up.

    Below `root` lie the files, so that what they hold can be told from what they will hold.
    """
    findings = tally(findings)
    return Document(
        version=VERSION,
        tool=Tool(name="loadwise", version=metadata.version("loadwise")),
        coverage=coverage or Coverage(),
        findings=findings,
        originals=tuple(_originals(findings, root)) if root is not None else (),
    )


def _originals(findings: Iterable[Finding], root: Path) -> Iterator[Original]:
    """The files that the fixes of findings edit; not those that are gone."""
    edits = (edit for finding in findings for fix in finding.fixes for edit in fix.edits)
    for file in sorted({edit.file for edit in edits}):
        try:
            data = (root / file).read_bytes()
        except (OSError, ValueError):
            continue
        yield Original(file=file, sha256=digest(data))


def dumps(document: Document) -> str:
    """The document as text; same document, same bytes."""
    return json.dumps(encode(document), indent=2, ensure_ascii=False) + "\n"


def loads(text: str) -> Document:
    """The document that `text` writes. Raises WireError, with the place."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from None
    version = cast("dict[str, Any]", data).get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise WireError(f"$.version: expected {VERSION}, not {version!r}: another version wrote it")
    return decode(Document, cast("Any", data))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a document, made from the records."""
    return schema(Document, "loadwise findings, version 1")
