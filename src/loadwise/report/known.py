"""Known: what a pasted traceback tells where there is no finding for its line, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loadwise.analyse.pasted import Known
from loadwise.core.site import Site

NEXT: Final = (
    "  next  the source alone does not tell what the object was loaded with:",
    "        run this line with `pytest --loadwise`, or with `loadwise.watch()` in the app",
    "  docs  loadwise explain loading",
)


def known_text(known: Known) -> str:
    """What is known, in the layout of a finding; nothing that is not.

    The fact is that something was not loaded: the traceback says so.
    """
    site = known.located.site if known.located is not None else None
    where = f"{site}  " if site is not None else ""
    lines = [f"{where}{_fact(known)}", "", *(_frame(site) if site is not None else ())]
    if known.loaded:
        lines.append(f"  know  {known.loaded} had to be loaded, as the traceback shows")
    return "\n".join([*lines, *NEXT])


def _fact(known: Known) -> str:
    if not known.attributes:
        return "something is read here that is not loaded"
    named = [f"`{one}`" if "." in one else f"`.{one}`" for one in known.attributes]
    if len(named) == 1:
        return f"{named[0]} is read and is not loaded"
    return f"one of these is read and is not loaded: {', '.join(named)}"


def _frame(site: Site) -> Iterator[str]:
    number = str(site.line)
    yield f"  {number} | {site.code}"
    carets = "^" * max(site.end_column - site.column, 1)
    yield f"  {' ' * len(number)} | {' ' * (site.column - 1)}{carets}"
    yield ""
