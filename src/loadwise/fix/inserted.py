"""Inserted: several codes for one place of the source, put together to one.

What fixes put at one place is of a few kinds, each with its own way to become one: loader options
behind a statement or an option, arguments of a call or items of a list, lines of code, imports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Final

from loadwise.core.lines import lines_of
from loadwise.fix.imports import by_kind
from loadwise.fix.option import NOTHING, ConflictError, options_of

NAMING: Final = (
    re.compile(r"(?P<head>from [\w.]+ import )(?P<names>[^()]*?)(?P<end>\r?\n)"),
    re.compile(r"(?P<head>[ \t]*await .+\.refresh\(.+, \[)(?P<names>[^\[\]]*)(?P<end>\]\)\r?\n)"),
)
"""Lines that name several things: those that are alike but for the names become one."""
AHEAD: Final = re.compile(r"(?:\w+,\s+)+")
BEHIND: Final = re.compile(r"(?:,\s+\w+)+")
COMMA: Final = re.compile(r"^,\s*")
"""Names among those of an import: ahead of one that is there, or behind the last one."""


def together(texts: Sequence[str]) -> str:
    """The codes as one, each thing said once. Raises ConflictError where that is not possible.

    >>> together([".options(joinedload(A.b))", ".options(joinedload(A.b).selectinload(B.cs))"])
    '.options(joinedload(A.b).selectinload(B.cs))'
    >>> together([", options=[joinedload(A.b)]", ", options=[selectinload(A.ds)]"])
    ', options=[joinedload(A.b), selectinload(A.ds)]'
    """
    texts = list(dict.fromkeys(texts))
    if len(texts) < 2:
        return "".join(texts)
    if all(map(AHEAD.fullmatch, texts)) or all(map(BEHIND.fullmatch, texts)):
        return _names(texts)
    if all(text.endswith("\n") for text in texts):
        return _lines(texts)
    behind = [text for text in texts if text.lstrip().startswith(".")]
    return _behind(behind) + _arguments([text for text in texts if text not in behind])


def _names(texts: Sequence[str]) -> str:
    """Names of an import, each once, with the commas and the blanks that they have."""
    gap = "".join(re.findall(r"\s+", texts[0])[:1])
    names = sorted({name for text in texts for name in re.findall(r"\w+", text)}, key=by_kind)
    ahead = not texts[0].startswith(",")
    return "".join(f"{name},{gap}" if ahead else f",{gap}{name}" for name in names)


def _parsed(code: str) -> ast.expr:
    try:
        return ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        raise ConflictError("this is no expression") from None


def _behind(texts: Sequence[str]) -> str:
    """What goes on behind an expression: `.options(...)` of a statement, or more of an option."""
    if len(texts) < 2:
        return "".join(texts)
    root = options_of(_parsed(f"{NOTHING}{text.lstrip()}") for text in texts)
    of_statement = all(text.lstrip().startswith(".options(") for text in texts)
    gap = texts[0].partition(".")[0]
    return gap + (f".options({root.listed})" if of_statement else root.tail)


def _arguments(texts: Sequence[str]) -> str:
    """More arguments of a call, or items of a list, with a comma before them if they have one."""
    if len(texts) < 2:
        return "".join(texts)
    comma = next(iter(COMMA.findall(texts[0])), "")
    positional: list[ast.expr] = []
    keywords: dict[str, str] = {}
    for text in texts:
        call = _parsed(f"f({text.removeprefix(',')})")
        if not isinstance(call, ast.Call) or text.startswith(",") != bool(comma):
            raise ConflictError("these are no arguments")
        positional += call.args
        for word in call.keywords:
            name, value = word.arg or "", ast.unparse(word.value)
            if name in keywords and name == "options":
                value = _list([_parsed(keywords[name]), word.value])
            if keywords.get(name, value) != value and name != "options":
                raise ConflictError(f"two values for {name}")
            keywords[name] = value
    named = [f"{name}={value}" for name, value in keywords.items()]
    return comma + (comma or ", ").join([*_items(positional, comma), *named])


def _items(nodes: Sequence[ast.expr], comma: str) -> list[str]:
    """Positional arguments: loader options, or a list of those."""
    if not nodes:
        return []
    return list(map(str, options_of(nodes).below)) if comma else [_list(nodes)]


def _list(nodes: Sequence[ast.expr]) -> str:
    """Lists of options as one; `*names` come first."""
    items = [one for node in nodes if isinstance(node, ast.List) for one in node.elts]
    if not all(isinstance(node, ast.List) for node in nodes):
        raise ConflictError("this is no list of options")
    spread = [ast.unparse(one) for one in items if isinstance(one, ast.Starred)]
    options = options_of(one for one in items if not isinstance(one, ast.Starred))
    return f"[{', '.join([*dict.fromkeys(spread), options.listed])}]"


def _lines(texts: Sequence[str]) -> str:
    """Lines of code: an import for each module, for each object one refresh of what is named.

    A refresh of all that an object has comes first, since it takes away what it does not load.
    """
    whole: list[str] = []
    naming: dict[tuple[str, str], list[str]] = {}
    for line in (line for text in texts for line in lines_of(text)):
        found = next((match for form in NAMING if (match := form.fullmatch(line))), None)
        if found is None:
            whole.append(line)
        else:
            names = [name.strip() for name in found["names"].split(",")]
            naming.setdefault((found["head"], found["end"]), []).extend(names)
    named: list[str] = []
    for (head, end), names in naming.items():
        each = dict.fromkeys(names)  # a refresh loads them in the order in which they are read
        named.append(f"{head}{', '.join(sorted(each) if ' import ' in head else each)}{end}")
    return "".join([*dict.fromkeys(whole), *sorted(named)])
