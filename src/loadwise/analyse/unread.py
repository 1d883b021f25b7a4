"""Unread: a file that cannot be read, as a finding about the tool: one line, in every format."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from loadwise.analyse.files import Unread
from loadwise.core.finding import Evidence, Finding, Level, fingerprint
from loadwise.core.site import Site

NAME: Final = "unresolved"
CODE: Final = "LW901"


def finding_of(unread: Unread) -> Finding:
    """The finding that says that a file was left out, and why."""
    finding = Finding(
        rule=NAME,
        code=CODE,
        level=Level.NOTE,
        message=f"this file is not read: {unread.reason}",
        attribute="",
        entity="",
        instance="",
        path=unread.file,
        read=Site(file=unread.file, line=unread.line),
        evidence=Evidence(predicted=True),
    )
    return replace(finding, fingerprint=fingerprint(finding))
