"""Complaint: what the text of an error says of an attribute that was not loaded.

SQLAlchemy's `MissingGreenlet` names none; its other errors, and those of the libraries that read
attributes for an application, name some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What an error says: the class and the attribute, empty where it does not name them.

    `serialised` says that a library read the attribute, and not a line of the application.
    """

    entity: str = ""
    attribute: str = ""
    serialised: bool = False


GREENLET: Final = re.compile(r"\bMissingGreenlet\b|greenlet_spawn has not been called")
NAMED: Final = (
    re.compile(
        r"Parent instance <(?P<entity>\w+) at .*"
        r"lazy load operation of attribute '(?P<attribute>\w+)'"
    ),
    re.compile(r"Instance <(?P<entity>\w+) at .*> is not bound to a Session; attribute refresh"),
    re.compile(r"'(?P<entity>\w+)\.(?P<attribute>\w+)' is not available due to lazy='raise"),
    re.compile(r"'(?P<entity>\w+)\.(?P<attribute>\w+)' is not available due to raiseload=True"),
)
"""What SQLAlchemy says of a detached object, and of what is never to be loaded by a read."""
OURS: Final = "MissingGreenlet|DetachedInstanceError|not available due to"
PYDANTIC: Final = re.compile(
    r"^(?P<loc>[\w.\[\]]+)\n +Error extracting attribute: (?:(?!input_value=)[\s\S])*?"
    rf"(?:{OURS})[\s\S]*?input_type=(?P<entity>\w+)\]",
    re.MULTILINE,
)
FASTAPI: Final = re.compile(
    r"""'loc': \((?P<loc>[^)]*)\), 'msg': (?P<quote>["'])Error extracting attribute: """
    rf"""(?:(?!'input': )[\s\S])*?(?:{OURS})[\s\S]*?'input': <(?:[\w.]+\.)?(?P<entity>\w+)"""
)
"""What pydantic says of an attribute that raised, and FastAPI of a response."""


def complaints_of(said: str) -> tuple[Complaint, ...]:
    """What an error says of attributes; none where it is about something else.

    >>> complaints_of("'User.team' is not available due to lazy='raise'")[0].attribute
    'team'
    """
    read = tuple(dict.fromkeys(_serialised(said)))
    if read:
        return read
    for form in NAMED:
        found = form.search(said)
        if found is not None:
            named = found.groupdict()
            return (Complaint(entity=named["entity"], attribute=named.get("attribute", "")),)
    return (Complaint(),) if GREENLET.search(said) else ()


def _serialised(said: str) -> Iterator[Complaint]:
    for form in (PYDANTIC, FASTAPI):
        for found in form.finditer(said):
            names = re.findall(r"[A-Za-z_]\w*", found["loc"])
            if names:
                yield Complaint(entity=found["entity"], attribute=names[-1], serialised=True)
