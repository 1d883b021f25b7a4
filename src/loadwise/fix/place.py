"""Place: where in the source a cure goes, and the edits that put it there.

Each function takes a parsed file and a place in it, and returns the edits with the code as it then
reads, or None where the source is not of a shape that it can be sure of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from loadwise.core.edit import Edit, apply_edits, insertion
from loadwise.core.lines import lines_of
from loadwise.core.source import Function, Source, Span
from loadwise.fix.chain import Options, beside
from loadwise.fix.loading import OBJECT_METHODS, Loading, is_parameter, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Edits, the code as it reads after them, and the line to look at.

    `sure` says that the code itself shows that the edit fits.
    """

    text: str
    line: int
    edits: tuple[Edit, ...]
    sure: bool = True


def add_options(loading: Loading, options: Iterable[str], *, sure: bool) -> Placed | None:
    """Give a loading call more loader options: `options=` of a get, `.options()` of a statement."""
    options = tuple(options)
    texts = ", ".join(options)
    if loading.method in OBJECT_METHODS:
        return _options_keyword(loading, texts, sure=sure)
    statement = loading.extensible
    if statement is None or is_parameter(loading.source, statement):
        return None
    source, span = loading.source, loading.source.span(statement)
    if not isinstance(statement, ast.Call | ast.Name | ast.Attribute):
        return None
    option = f".options({texts})"
    there = _options_in(statement)
    if there is not None:
        said = {ast.unparse(one) for one in there.args}
        texts = ", ".join(one for one in options if one not in said) or texts
        edit = _one_more(source, loading.file, there, texts)
    else:
        ahead = _line_of_call(source, statement)
        edit = insertion(loading.file, span.end_line, span.end_column, ahead + option)
    several = "\n" in source.segment(statement) + edit.text
    text = (texts if there else option) if several else _after(source, statement, edit)
    return Placed(text=text, line=edit.start[0], edits=(edit,), sure=sure)


def _options_in(node: ast.expr) -> ast.Call | None:
    """The last `.options(...)` in a chain of method calls that has options, and nothing else."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        plain = not node.keywords and not any(isinstance(one, ast.Starred) for one in node.args)
        if node.func.attr == "options" and node.args and plain:
            return node
        node = node.func.value
    return None


def _one_more(source: Source, file: str, call: ast.Call, argument: str) -> Edit:
    """Put one more argument behind the last one of a call; on a line of its own if that has one."""
    line, column = _behind_brackets(source, call.args[-1], source.span(call))
    return insertion(file, line, column, f",{_gap(source, call.args)}{argument}")


def _gap(source: Source, given: Sequence[ast.expr | ast.keyword]) -> str:
    """What stands between a comma and the next argument: a line, if the last one begins one.

    One in brackets of several lines stands further to the right than the others.
    """
    starts = [
        source.line(node.lineno)[: source.column(node.lineno, node.col_offset) - 1]
        for node in sorted(given, key=lambda node: (node.lineno, node.col_offset))
    ]
    if starts[-1].strip():
        return " "
    return source.newline + min((one for one in starts if not one.strip()), key=len)


def _line_of_call(source: Source, node: ast.expr) -> str:
    """What a further call of a chain begins with: a line, if the dot of the last one begins one."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    span = source.span(node.func)
    text, above = source.line(span.end_line), source.line(span.end_line - 1)
    indent = text[: len(text) - len(text.lstrip())]
    begins = text[: span.end_column - 1].strip() == f".{node.func.attr}"
    return source.newline + indent if begins and not above.endswith("\\") else ""


def _options_keyword(loading: Loading, texts: str, *, sure: bool) -> Placed:
    source, call = loading.source, loading.call
    given = next((word.value for word in call.keywords if word.arg == "options"), None)
    if given is None:
        text = f"options=[{texts}]"
        edit = _before_closing_bracket(source, loading.file, call, text)
    elif isinstance(given, ast.List | ast.Tuple) and given.elts:
        place = _behind_brackets(source, given.elts[-1], source.span(given))
        gap = _gap(source, given.elts)
        edit = insertion(loading.file, *place, f",{gap}{texts}")
    else:
        span = source.span(given)
        edit = Edit(
            file=loading.file,
            start=(span.line, span.column),
            end=(span.end_line, span.end_column),
            text=f"[*{source.segment(given)}, {texts}]",
        )
    text = _after(source, call, edit)
    return Placed(text=text, line=call.lineno, edits=(edit,), sure=sure)


def replace_option(
    loading: Loading, attribute: str, old: str, new: tuple[str, ...]
) -> Placed | None:
    """Change the one option for an attribute, and go on from it: `lazyload` to `joinedload`.

    None for one with arguments of its own, which the other function may not take.
    """
    source, found = loading.source, _options_for(loading, attribute, old)
    if len(found) != 1 or found[0].call.keywords:
        return None
    call = found[0].call
    name, end = source.span(call.func), source.span(call)
    renamed = Edit(
        file=loading.file,
        start=(name.end_line, name.end_column - len(old)),
        end=(name.end_line, name.end_column),
        text=new[0].partition("(")[0],
    )
    more = found[0].chained(new[1:])
    if more and isinstance(source.parents[call], ast.Attribute):
        return None
    extended = insertion(loading.file, end.end_line, end.end_column, more)
    edits = (renamed, extended) if more else (renamed,)
    return Placed(text=_after(source, call, *edits), line=name.end_line, edits=edits)


def extend_option(loading: Loading, attribute: str, function: str, asked: Options) -> Placed | None:
    """Go on from the one option for an attribute: `.joinedload(...)` behind its call."""
    source, found = loading.source, _options_for(loading, attribute, function)
    if len(found) != 1 or isinstance(source.parents[found[0].call], ast.Attribute):
        return None
    span, more = source.span(found[0].call), found[0].chained(asked.last, asked.narrow)
    edit = insertion(loading.file, span.end_line, span.end_column, more)
    text = f"{source.segment(found[0].call)}{more}"
    return Placed(text=_on_one_line(text), line=span.end_line, edits=(edit,))


def remove_option(loading: Loading, attribute: str, function: str) -> Placed | None:
    """Take out the one option for an attribute, with all that goes on from it.

    None where brackets or a comment stand in between.
    """
    source, found = loading.source, _options_for(loading, attribute, function)
    if len(found) != 1 or len(found[0].call.args) != 1:
        return None
    first, last = found[0].call, _end_of_chain(source, found[0].call)
    if isinstance(first.func, ast.Attribute):  # from the dot on, behind the option before
        return _cut(loading, first.func.value, last)
    around = source.parents.get(last)
    if not isinstance(around, ast.Call) or last not in around.args or around.keywords:
        return None
    if not isinstance(around.func, ast.Attribute) or around.func.attr != "options":
        return None
    if len(around.args) == 1:
        return _cut(loading, around.func.value, around)
    place = around.args.index(last)
    if place:
        start, end = source.span(around.args[place - 1])[2:], source.span(last)[2:]
        between = _between(source, start, source.span(last)[:2])
    else:
        start, end = source.span(last)[:2], source.span(around.args[1])[:2]
        between = _between(source, source.span(last)[2:], end)
    if between.strip() != ",":
        return None
    edit = Edit(file=loading.file, start=start, end=end, text="")
    return Placed(text=_after(source, around, edit), line=around.lineno, edits=(edit,))


def _cut(loading: Loading, kept: ast.expr, last: ast.Call) -> Placed | None:
    """Take out the calls behind an expression, up to the last one."""
    source = loading.source
    start, end = source.span(kept)[2:], source.span(last)[2:]
    behind = _between(source, start, end).lstrip()
    if not behind.startswith(".") or "#" in behind:
        return None
    edit = Edit(file=loading.file, start=start, end=end, text="")
    return Placed(text=_on_one_line(source.segment(kept)), line=start[0], edits=(edit,))


def _between(source: Source, start: tuple[int, int], end: tuple[int, int]) -> str:
    """The text from one place to another."""
    lines = source.lines[start[0] - 1 : end[0]]
    lines[-1] = lines[-1][: end[1] - 1]
    lines[0] = lines[0][start[1] - 1 :]
    return "".join(lines)


def _end_of_chain(source: Source, call: ast.Call) -> ast.Call:
    """The last call of a chain of options that goes on from one."""
    while isinstance(after := source.parents.get(call), ast.Attribute):
        further = source.parents.get(after)
        if not isinstance(further, ast.Call) or further.func is not after:
            break
        call = further
    return call


def can_repeat_option(loading: Loading, attribute: str, function: str) -> bool | None:
    """Whether the option for an attribute says just that, so that another one may say it again.

    One that says more (`of_type()`, `and_()`, a keyword) is contradicted by a plain one, or loses
    what it says. None where no option is to be seen.
    """
    found = _options_for(loading, attribute, function)
    return all(option.is_plain for option in found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """The call of an option function; `narrowed` is what `of_type()` says of its attribute."""

    call: ast.Call
    narrowed: str

    @property
    def is_plain(self) -> bool:
        """Whether it names attributes, and says no more."""
        named = all(isinstance(one, ast.Attribute) for one in self.call.args)
        return named and not self.call.keywords

    def chained(self, calls: tuple[str, ...], narrow: str = "") -> str:
        """The calls that go on from here, the first one with the entity that this one leads to."""
        if narrow and not self.narrowed:
            calls = beside(narrow, calls)
        elif self.narrowed and calls:
            function, attribute = calls[0].partition("(")[0], calls[0].rpartition(".")[2]
            calls = (f"{function}({self.narrowed}.{attribute}", *calls[1:])
        return "".join(f".{call}" for call in calls)


def _options_for(loading: Loading, attribute: str, function: str) -> list[_Option]:
    """The calls of an option function for an attribute, in the function that loads."""
    source = loading.source
    found: list[_Option] = []
    for call in ast.walk(source.function(loading.call) or source.tree):
        if isinstance(call, ast.Call) and name_of(call.func) == function:
            named = dict(_attribute_in(source, argument) for argument in call.args)
            if attribute in named:
                found.append(_Option(call=call, narrowed=named[attribute]))
    return found


def _attribute_in(source: Source, node: ast.expr) -> tuple[str, str]:
    """The attribute that an option's argument names, and the entity that it is narrowed to."""
    narrowed = ""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "of_type" and node.args:
            narrowed = source.segment(node.args[0])
        node = node.func.value
    return name_of(node), narrowed


def add_keyword(source: Source, file: str, line: int, entity: str, keyword: str) -> Placed | None:
    """Give the construction of a new object one more keyword argument.

    The object is the one added on `line`: constructed there, or bound to the name that is added.
    """
    statement = source.statement_on(line)
    if statement is None:
        return None
    built = [node for node in ast.walk(statement) if _constructs(node, entity)]
    if not built:
        added = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        built = list(_constructions(source, statement, entity, added))
    if len(built) != 1 or not isinstance(built[0], ast.Call):
        return None
    edit = _before_closing_bracket(source, file, built[0], keyword)
    return Placed(text=_after(source, built[0], edit), line=built[0].lineno, edits=(edit,))


def _constructions(
    source: Source, statement: ast.stmt, entity: str, names: set[str]
) -> Iterator[ast.AST]:
    within = source.function(statement) or source.tree
    for node in ast.walk(within):
        if isinstance(node, ast.Assign) and node.lineno < statement.lineno:
            bound = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if bound & names and _constructs(node.value, entity):
                yield node.value


def _constructs(node: ast.AST, entity: str) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) == entity


def insert_before(source: Source, file: str, line: int, code: str, name: str) -> Placed | None:
    """Put a line of code before the statement on `line`, in which `name` is bound already.

    Before an `elif` that is the `if` it belongs to. None where no line can stand there: beside
    another statement, in a loop's condition, or where `name` is bound by the statement itself.
    """
    statement = source.statement_on(line)
    while isinstance(statement, ast.If) and _is_elif(source, statement):
        statement = next((one for one in source.above(statement) if isinstance(one, ast.If)), None)
    if statement is None or isinstance(statement, Function | ast.ClassDef | ast.While):
        return None
    text = source.line(statement.lineno)
    indent = text[: source.column(statement.lineno, statement.col_offset) - 1]
    if indent.strip() or _binds(statement, name):
        return None
    edit = insertion(file, statement.lineno, 1, f"{indent}{code}{source.newline}")
    return Placed(text=code, line=statement.lineno, edits=(edit,))


def _is_elif(source: Source, statement: ast.If) -> bool:
    column = source.column(statement.lineno, statement.col_offset)
    return source.line(statement.lineno)[column - 1 :].startswith("elif")


def _binds(statement: ast.stmt, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(statement)
    )


def _before_closing_bracket(source: Source, file: str, call: ast.Call, argument: str) -> Edit:
    """Put one more argument at the end of a call, before a trailing comma if there is one."""
    end = source.span(call)
    given = [*call.args, *(word.value for word in call.keywords)]
    if not given:
        return insertion(file, end.end_line, end.end_column - 1, argument)
    last = max(given, key=lambda one: source.span(one)[2:])
    line, column = _behind_brackets(source, last, end)
    return insertion(file, line, column, f",{_gap(source, [*call.args, *call.keywords])}{argument}")


def _behind_brackets(source: Source, node: ast.expr, end: Span) -> tuple[int, int]:
    """The place behind a node and the brackets around it, of those that close before `end`."""
    span = source.span(node)
    place = (span.end_line, span.end_column)
    for number in range(span.end_line, end.end_line + 1):
        start = span.end_column - 1 if number == span.end_line else 0
        stop = end.end_column - 2 if number == end.end_line else None
        code = source.line(number)[start:stop].partition("#")[0]
        if ")" in code:
            place = (number, start + code.rindex(")") + 2)
    return place


def _after(source: Source, node: ast.expr, *edits: Edit) -> str:
    """A node's text as it reads after edits inside it, on one line.

    What is put in, alone, where a comment may stand between the lines.
    """
    span, text = source.span(node), source.segment(node)
    if "\n" in text and "#" in text:
        return " ".join(edit.text.lstrip(", \r\n\t") for edit in edits)

    def within(place: tuple[int, int]) -> tuple[int, int]:
        line, column = place
        return line - span.line + 1, column - (span.column - 1 if line == span.line else 0)

    moved = [replace(edit, start=within(edit.start), end=within(edit.end)) for edit in edits]
    return _on_one_line(apply_edits(text, tuple(moved)))


def _on_one_line(text: str) -> str:
    """A text of several lines in one; what is one already may have blanks in its strings."""
    return " ".join(text.split()) if len(lines_of(text)) > 1 else text
