"""Patch: what a file was and what it becomes, as a unified diff that `git apply` takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

AROUND: Final = 3
"""Unchanged lines that are shown around a change."""
ODD: Final = re.compile(r'["\\\x00-\x1f]')
"""Characters that git quotes in the name of a file."""
NO_LINE_END: Final = "\\ No newline at end of file\n"
LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


def patch(file: str, before: str, after: str) -> str:
    """The diff of one file, its name as findings have it; empty where nothing changes.

    There is no `diff --git` line: git then takes the names from the folder that it runs in, and not
    from the top of the repository. Lines end at line feeds, as git counts them.

    >>> print(patch("app.py", "a\\nb\\n", "a\\nc\\n"), end="")
    --- a/app.py
    +++ b/app.py
    @@ -1,2 +1,2 @@
     a
    -b
    +c
    """
    old, new = LINE.findall(before), LINE.findall(after)
    hunks = difflib.unified_diff(old, new, _name("a", file), _name("b", file), n=AROUND)
    return "".join(_ended(hunks))


def _name(side: str, file: str) -> str:
    """The name of a file in the head of a diff: quoted, or with a tab behind it, as git does."""
    name = f"{side}/{file}"
    if ODD.search(name):
        return f'"{ODD.sub(_escaped, name)}"'
    return f"{name}\t" if " " in name else name


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return f"\\{character}" if character in '"\\' else f"\\{ord(character):03o}"


def _ended(lines: Iterator[str]) -> Iterator[str]:
    """The lines of a diff; one that has no end in its file is given one, and that is said."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{NO_LINE_END}"
