"""Handles: what the object and its session are called where the object lost an attribute.

So a cure can be typed in full: `await session.refresh(user)`, and not `<the session>`. Names are
taken from one coroutine alone, where both the loss and the read are.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from loadwise.core.origin import Handle
from loadwise.core.site import Site
from loadwise.core.source import Source
from loadwise.core.use import Use

Sources = Callable[[str], Source | None]


def handled(use: Use, sources: Sources) -> Use:
    """The use with the names that its code has for the object and the session, if it shows them."""
    read, origin = use.sites.read, use.origin
    cause = next((lost.cause for lost in use.have.lost), None)
    taken = cause.site if cause is not None else None
    if read is None or origin is None or origin.handle is not None or taken is None:
        return use
    source = sources(read.file) if taken.file == read.file else None
    if source is None:
        return use
    instance, session = _instance(source, read), _session(source, taken)
    if instance is None or session is None or not _share_a_coroutine(source, instance, session):
        return use
    handle = Handle(
        file=read.file,
        line=read.line,
        instance=source.segment(instance),
        session=source.segment(session),
    )
    expired = not any(held.children for _, held in use.have.may.children)
    return replace(use, origin=replace(origin, handle=handle, expired=expired))


def _instance(source: Source, read: Site) -> ast.expr | None:
    """The name that the attribute is read of."""
    for node in source.nodes(ast.Attribute):
        span = source.span(node)
        if (span.end_line, span.end_column) == (read.line, read.end_column):
            return node.value if isinstance(node.value, ast.Name) else None
    return None


def _session(source: Source, taken: Site) -> ast.expr | None:
    """What the awaited method is called of: a name, or an attribute of names."""
    call = source.awaited_call(taken.line)
    receiver = (
        call.func.value if call is not None and isinstance(call.func, ast.Attribute) else None
    )
    node = receiver
    while isinstance(node, ast.Attribute):
        node = node.value
    return receiver if isinstance(node, ast.Name) else None


def _share_a_coroutine(source: Source, one: ast.expr, other: ast.expr) -> bool:
    function = source.function(one)
    return isinstance(function, ast.AsyncFunctionDef) and source.function(other) is function
