"""Reading: who touches the attribute, how, and what the same expression touches below it."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from loadwise.core.need import MUTATORS, Touch
from loadwise.core.origin import Handle
from loadwise.core.site import Site
from loadwise.core.source import Source, Span
from loadwise.observe import hooks, sites
from loadwise.observe.sites import Project, Whose


@dataclass(frozen=True, slots=True)
class Access:
    """A descriptor at work: the object and the attribute that the user's code names."""

    instance: Any
    name: str
    writes: bool


@dataclass(frozen=True, slots=True)
class Template:
    """A line of a template, by its file and its name."""

    file: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Reader:
    """The code that touches the attribute, as the stack shows it.

    `endpoint` is the route's function, or the resolver, where a framework serialises what that
    function returned.
    """

    frame: FrameType | None
    access: Access | None
    refreshes: bool
    endpoint: Any = None
    template: Template | None = None


def find_reader() -> Reader:
    """Walk outwards from a failing load to the user's code that caused it."""
    access: FrameType | None = None
    library: FrameType | None = None
    refreshes = False
    frames = _frames()
    for frame in frames:
        code = frame.f_code
        if code is hooks.READ or code in hooks.WRITES:
            access = frame
        elif code is hooks.REFRESH:
            refreshes = True
        elif is_fastapi_serialiser(code):
            return Reader(frame, _access(access), refreshes, _endpoint(next(frames, None)))
        elif is_graphql_field(code) and (resolver := _resolver(frame)) is not None:
            return Reader(frame, _access(access), refreshes, resolver)
        elif (template := template_of(frame)) is not None:
            return Reader(frame, _access(access), refreshes, template=template)
        kind = sites.whose(code.co_filename)
        if kind is Whose.USER and not is_template(frame):
            return Reader(frame, _access(access), refreshes)
        if kind is Whose.LIBRARY and library is None:
            library = frame
    return Reader(library, _access(access), refreshes)


def _frames() -> Iterator[FrameType]:
    """The frames around the caller; in a worker thread, and of the task that waits for it."""
    worker: FrameType | None = None
    for frame in sites.frames():
        if is_anyio_worker(frame.f_code):
            worker = frame
        yield frame
    if worker is not None:
        future = sites.with_locals(worker, lambda names: names.get("future"))
        yield from sites.waiting(future) if isinstance(future, asyncio.Future) else ()


def is_anyio_worker(code: CodeType) -> bool:
    """Whether code is the loop of a worker thread of anyio, in which FastAPI runs what is `def`."""
    return code.co_name == "run" and code.co_filename.replace("\\", "/").endswith(
        "anyio/_backends/_asyncio.py"
    )


def is_template(frame: FrameType) -> bool:
    """Whether a frame runs a compiled template of Jinja."""
    return "__jinja_template__" in frame.f_globals


def template_of(frame: FrameType) -> Template | None:
    """The file of the Jinja template that a frame runs, and the line of it; None for others.

    Jinja compiles a template to Python, and knows which line came of which. A template that was
    made of a string has no file, and is shown by the line that renders it.
    """
    template = frame.f_globals.get("__jinja_template__")
    filename = getattr(template, "filename", None)
    if template is None or not filename or filename.startswith("<"):
        return None
    line = template.get_corresponding_lineno(sites.line_of(frame))
    return Template(file=filename, line=line, name=template.name or filename)


def dynamic_read(statement: Any = None) -> tuple[Any, str | None]:
    """The object, as its state, and the dynamic relationship of which a query runs, if one does."""
    for frame in sites.frames():
        if frame.f_code in hooks.APPENDER:
            instance, name = sites.with_locals(frame, hooks.dynamic_owner)
            return hooks.state_of(instance), name
        if sites.whose(frame.f_code.co_filename) is Whose.USER:
            break
    found = hooks.dynamic_parent(statement) if statement is not None else None
    return found or (None, None)


def _access(frame: FrameType | None) -> Access | None:
    if frame is None:
        return None
    writes = frame.f_code in hooks.WRITES
    return typing.cast(
        "Access",
        sites.with_locals(
            frame, lambda names: Access(names["instance"], names["self"].key, writes)
        ),
    )


def is_fastapi_serialiser(code: CodeType) -> bool:
    """Whether code is FastAPI's `serialize_response`, which applies a `response_model`."""
    return code.co_name == "serialize_response" and code.co_filename.replace("\\", "/").endswith(
        "fastapi/routing.py"
    )


def _endpoint(frame: FrameType | None) -> FunctionType | None:
    """The route's function, from the frame of FastAPI's request handler."""
    if frame is None:
        return None

    def call(names: dict[str, Any]) -> Any:
        return inspect.unwrap(getattr(names.get("dependant"), "call", None))  # type: ignore[arg-type]

    found = sites.with_locals(frame, call)
    return found if isinstance(found, FunctionType) else None


def is_graphql_field(code: CodeType) -> bool:
    """Whether code is where graphql-core gets one field of an object, as Strawberry has it do."""
    return code.co_name == "execute_field" and "graphql/execution/" in code.co_filename.replace(
        "\\", "/"
    )


def _resolver(frame: FrameType) -> FunctionType | None:
    """The resolver of the user's that returned what a field of GraphQL is got from.

    It is the one of the field that the path of the response begins with. Strawberry keeps it in the
    extensions of the field.
    """
    info: Any = sites.with_locals(frame, lambda names: names.get("info"))
    try:
        path = info.path
        while path.prev is not None:
            path = path.prev
        field = info.schema.get_root_type(info.operation.operation).fields[path.key]
        resolver = getattr(field.extensions.get("strawberry-definition"), "base_resolver", None)
        found: object = inspect.unwrap(getattr(resolver, "wrapped_func", field.resolve))
    except (AttributeError, KeyError, TypeError):
        return None  # a release of graphql-core that has it elsewhere
    mine = isinstance(found, FunctionType) and sites.whose(found.__code__.co_filename) is Whose.USER
    return found if isinstance(found, FunctionType) and mine else None


@dataclass(frozen=True, slots=True)
class Reading:
    """The place that touches the attribute, how, and the names of attributes read below it."""

    touch: Touch
    site: Site | None
    ahead: tuple[str, ...] = ()


def reading_of(reader: Reader, name: str, project: Project) -> Reading:
    """What the reader's source says of the touch of attribute `name`."""
    if reader.endpoint is not None:
        return Reading(Touch.SERIALISE, _returned(reader.endpoint, project))
    if reader.template is not None:
        return _in_template(reader.template, name, project)
    frame = reader.frame
    if frame is None:
        return Reading(Touch.READ, None)
    code = frame.f_code
    source = sites.source_of(code.co_filename)
    if source is None:
        return Reading(Touch.READ, project.site((code, frame.f_lasti)))
    node = _node(source, frame, name)
    if not isinstance(node, ast.Attribute):
        site = project.site_at(code, sites.line_of(frame), node)
        return Reading(Touch.WRITE if _writes(reader) else Touch.READ, site)
    site = project.spanned_site(code, _name_span(source, node))
    touch = Touch.WRITE if _writes(reader) else _touch(source, node)
    return Reading(touch, site, _ahead(source, node) if node.attr == name else ())


def _in_template(template: Template, name: str, project: Project) -> Reading:
    """The place in a template: the one expression of its line that goes through the attribute."""
    text = linecache.getline(template.file, template.line).rstrip("\r\n")
    found = [*re.finditer(rf"\.({re.escape(name)})\b((?:\.\w+)*)", text)]
    column, end, ahead = 1, 1, ""
    if found:
        column, end = found[0].start(1) + 1, found[0].end(1) + 1
    if len(found) == 1:
        ahead = found[0][2]
    site = Site(
        file=project.relative(template.file),
        line=template.line,
        column=column,
        function=template.name,
        end_column=end,
        code=text if len(text) <= sites.LONGEST else "",
    )
    return Reading(Touch.READ, site, tuple(filter(None, ahead.split("."))))


def _writes(reader: Reader) -> bool:
    return reader.access is not None and reader.access.writes


def _node(source: Source, frame: FrameType, name: str) -> ast.expr | None:
    """The expression that the frame is evaluating; by the attribute's name on Python 3.10."""
    found = sites.expressions(frame.f_code, frame.f_lasti)
    for node in found:
        if isinstance(node, ast.Attribute):
            return node
    if found:
        return _iterated(found[0], name) or found[0]
    line = sites.line_of(frame)
    named = [
        node
        for node in source.nodes(ast.Attribute)
        if node.attr == name and node.lineno <= line <= (node.end_lineno or line)
    ]
    return min(named, key=lambda node: (node.lineno, node.col_offset), default=None)


def _iterated(node: ast.expr, name: str) -> ast.Attribute | None:
    """The attribute `name` that a comprehension goes through, where that is what it is doing."""
    generators = getattr(node, "generators", ())
    named = [
        one.iter
        for one in generators
        if isinstance(one.iter, ast.Attribute) and one.iter.attr == name
    ]
    return named[0] if len(named) == 1 else None


def _name_span(source: Source, node: ast.Attribute) -> Span:
    """Where the attribute's name stands, behind the dot."""
    span = source.span(node)
    return Span(span.end_line, span.end_column - len(node.attr), span.end_line, span.end_column)


def _touch(source: Source, node: ast.Attribute) -> Touch:
    parent = source.parents.get(node)
    if isinstance(parent, ast.Attribute) and parent.attr in MUTATORS:
        call = source.parents.get(parent)
        if isinstance(call, ast.Call) and call.func is parent:
            return Touch.WRITE
    if isinstance(parent, ast.AugAssign) and parent.target is node:
        return Touch.WRITE
    if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is node:
        return Touch.ITERATE
    return Touch.READ


def _ahead(source: Source, node: ast.expr) -> tuple[str, ...]:
    """The attributes that the same expression goes on to: `company`, `name` behind the node."""
    names: list[str] = []
    parent = source.parents.get(node)
    while isinstance(parent, ast.Attribute):
        names.append(parent.attr)
        parent = source.parents.get(parent)
    return tuple(names)


def _returned(endpoint: FunctionType, project: Project) -> Site:
    """The one `return` of an endpoint whose value the framework serialises; its first line else."""
    code = endpoint.__code__
    source = sites.source_of(code.co_filename)
    only = _only_return(source, endpoint) if source else None
    if only is None or only.value is None:
        return project.site_at(code, code.co_firstlineno, None)
    return project.site_at(code, only.lineno, only.value)


def _only_return(source: Source, endpoint: FunctionType) -> ast.Return | None:
    first = endpoint.__code__.co_firstlineno
    functions: list[ast.AsyncFunctionDef | ast.FunctionDef] = [
        *source.nodes(ast.AsyncFunctionDef),
        *source.nodes(ast.FunctionDef),
    ]
    for function in functions:
        lines = [function.lineno, *(decorator.lineno for decorator in function.decorator_list)]
        if function.name == endpoint.__name__ and first in lines:
            returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
            own = [node for node in returns if source.function(node) is function]
            serialised = [node for node in own if _is_serialised(node.value)]
            return serialised[0] if len(serialised) == 1 else None
    return None


def _is_serialised(value: ast.expr | None) -> bool:
    """Whether a framework serialises what is returned: neither nothing nor a response."""
    if isinstance(value, ast.Call):
        return not ast.unparse(value.func).endswith("Response")
    return value is not None and not isinstance(value, ast.Constant)


def got_with_option(reader: Reader, name: str, project: Project) -> Site | None:
    """The `get()` that gave the object its name where it is read, and asked for the attribute.

    It is the last assignment to that name before the read, and its options name the attribute. If
    another statement loaded the object, the session held it, and `get()` dropped the options.
    """
    frame = reader.frame
    if frame is None or reader.endpoint is not None or reader.template is not None:
        return None
    source = sites.source_of(frame.f_code.co_filename)
    node = _node(source, frame, name) if source is not None else None
    if (
        source is None
        or not isinstance(node, ast.Attribute)
        or not isinstance(node.value, ast.Name)
    ):
        return None
    function, line = source.function(node), sites.line_of(frame)
    bound = [
        one.value
        for one in source.nodes(ast.Assign)
        if source.function(one) is function
        and one.lineno < line
        and any(isinstance(it, ast.Name) and it.id == node.value.id for it in one.targets)
    ]
    call = bound[-1].value if bound and isinstance(bound[-1], ast.Await) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    asked = [source.segment(word.value) for word in call.keywords if word.arg == "options"]
    if call.func.attr not in {"get", "get_one"} or not any(
        re.search(rf"\.{re.escape(name)}\b", text) for text in asked
    ):
        return None
    return project.site_at(frame.f_code, call.lineno, call)


def handle_of(reader: Reader, instance: object, session: Any, project: Project) -> Handle | None:
    """How the nearest coroutine reaches the object; None where it has no name for it."""
    if reader.endpoint is not None:
        return _endpoint_handle(reader.endpoint, project)
    frame = reader.frame
    while frame is not None and (not sites.is_coroutine(frame.f_code) or is_template(frame)):
        frame = frame.f_back
    if frame is None or sites.whose(frame.f_code.co_filename) is not Whose.USER:
        return None

    def look(names: dict[str, Any]) -> tuple[str, str]:
        return _name_of(names, instance), _session_name(names, session)

    name, session_name = sites.with_locals(frame, look)
    if not name:
        return None
    return Handle(
        file=project.relative(frame.f_code.co_filename),
        line=sites.line_of(frame),
        instance=name,
        session=session_name,
    )


def _name_of(names: dict[str, Any], instance: object) -> str:
    return next(
        (name for name, value in names.items() if value is instance and name.isidentifier()), ""
    )


def _session_name(names: dict[str, Any], session: Any) -> str:
    """The name of the AsyncSession around a session: a variable, or an attribute of `self`.

    A scoped session is a proxy for the one of its scope.
    """

    def wraps(value: Any) -> bool:
        if issubclass(type(value), async_scoped_session):
            return value.registry.has() and value.registry().sync_session is session
        return issubclass(type(value), AsyncSession) and value.sync_session is session

    for name, value in names.items():
        if wraps(value):
            return name
    for owner in ("self", "cls"):
        for name, value in sites.attributes(names.get(owner)).items():
            if wraps(value):
                return f"{owner}.{name}"
    return ""


def _endpoint_handle(endpoint: FunctionType, project: Project) -> Handle | None:
    """The names that an endpoint itself gives the object it returns and its session."""
    source = sites.source_of(endpoint.__code__.co_filename)
    only = _only_return(source, endpoint) if source else None
    if only is None or not isinstance(only.value, ast.Name):
        return None
    if not sites.is_coroutine(endpoint.__code__):
        return None
    try:
        hints = typing.get_type_hints(endpoint)
    except Exception:  # a name that only a type checker imports
        hints = {}
    names = [
        name
        for name, hint in hints.items()
        if isinstance(hint, type) and issubclass(hint, AsyncSession)
    ]
    return Handle(
        file=project.relative(endpoint.__code__.co_filename),
        line=only.lineno,
        instance=only.value.id,
        session=names[0] if len(names) == 1 else "",
    )
