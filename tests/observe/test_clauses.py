"""Clauses: which `except` forgets an error, and which does something with it."""

from __future__ import annotations

import contextlib
import logging
from textwrap import indent
from types import CodeType
from typing import Any, Final

import pytest
import sqlalchemy.exc
from sqlalchemy.exc import MissingGreenlet

from loadwise.core.source import Source, Span
from loadwise.observe.clauses import clause
from loadwise.observe.errors import LazyReadError

NAMES: Final[dict[str, Any]] = {
    "MissingGreenlet": MissingGreenlet,
    "exc": sqlalchemy.exc,
    "logging": logging,
    "contextlib": contextlib,
    "suppress": contextlib.suppress,
    "pytest": pytest,
}
FORGETTING: Final = {
    "one class": "try:\n    read()\nexcept MissingGreenlet:  # here\n    return None",
    "a dotted class": "try:\n    read()\nexcept exc.MissingGreenlet:  # here\n    pass",
    "of several": "try:\n    read()\nexcept (KeyError, Exception):  # here\n    pass",
    "all": "try:\n    read()\nexcept:  # here\n    pass",
    "the second clause": "try:\n    read()\nexcept KeyError:\n    raise\n"
    "except Exception:  # here\n    pass",
    "with a name": "try:\n    read()\nexcept Exception as error:  # here\n    pass",
    "a log": "try:\n    read()\nexcept Exception as error:  # here\n"
    '    logging.warning("no: %s", str(error))',
    "a rollback": "try:\n    read()\nexcept Exception:  # here\n    await session.rollback()",
    "around another": "try:\n    try:\n        read()\n    except KeyError:\n        raise\n"
    "except Exception:  # here\n    pass",
    "around a with": "try:\n    async with session.begin():\n        read()\n"
    "except Exception:  # here\n    pass",
    "suppressed": "with suppress(MissingGreenlet):  # here\n    read()",
    "suppressed by its module": "with contextlib.suppress(Exception):  # here\n    read()",
}
MINDING: Final = {
    "nothing around": "read()",
    "another class": "try:\n    read()\nexcept KeyError:\n    pass",
    "an unknown class": "try:\n    read()\nexcept Unknown:\n    pass\nexcept Exception:\n    pass",
    "a called class": "try:\n    read()\nexcept classes():\n    pass",
    "raised again": "try:\n    read()\nexcept Exception:\n    raise",
    "asserted": "try:\n    read()\nexcept Exception as error:\n    assert 'greenlet' in str(error)",
    "handed on": "try:\n    read()\nexcept Exception as error:\n    return Response(str(error))",
    "loaded": "try:\n    read()\nexcept MissingGreenlet:\n    await session.refresh(user)",
    "awaited": "try:\n    read()\nexcept MissingGreenlet:\n    await task",
    "ended": "try:\n    read()\nexcept Exception:\n    sys.exit(1)",
    "expected": "with pytest.raises(MissingGreenlet):\n    read()",
    "expected by a name": "with self.assertRaisesRegex(expected):\n    read()",
    "expected within": "try:\n    with pytest.raises(Exception):\n        read()\n"
    "except Exception:\n    pass",
    "expected by hand": "try:\n    read()\n    pytest.fail()\nexcept MissingGreenlet:\n    pass",
    "expected with else": "try:\n    read()\nexcept MissingGreenlet:\n    pass\nelse:\n"
    "    raise KeyError",
    "expected to return": "try:\n    read()\nexcept MissingGreenlet:\n    return\nraise KeyError",
    "in the clause": "try:\n    write()\nexcept Exception:\n    read()",
    "finally": "try:\n    read()\nfinally:\n    write()",
}


def found(body: str, name: str = "show") -> Span | None:
    """The clause of an error that comes to the line with `read()`."""
    text = f"import sys\n\nasync def {name}(self, user, session):\n{indent(body, '    ')}\n"
    source = Source.parse(text)
    assert source is not None
    parts = compile(text, "app.py", "exec").co_consts
    code = next(one for one in parts if isinstance(one, CodeType))
    line = next(n for n, one in enumerate(text.splitlines(), start=1) if "read()" in one)
    return clause(source, code, line, NAMES, LazyReadError)


@pytest.mark.parametrize("body", FORGETTING.values(), ids=FORGETTING.keys())
def test_it_forgets(body: str) -> None:
    span = found(body)
    lines = ["", "", "", *body.splitlines()]
    assert span is not None
    line = lines[span.line - 1]
    assert line.endswith("# here")
    marked = f"    {line}"[span.column - 1 : span.end_column - 1]
    assert marked == line.strip().removeprefix("with ").removesuffix(":  # here")


@pytest.mark.parametrize("body", MINDING.values(), ids=MINDING.keys())
def test_it_does_not_forget(body: str) -> None:
    assert found(body) is None


def test_a_test_that_catches_it_does_so_on_purpose() -> None:
    assert found(FORGETTING["one class"], "test_show") is None


def test_a_clause_of_another_function_is_not_meant() -> None:
    text = "def show():\n    try:\n        def read(): user.name\n    except Exception: pass\n"
    source = Source.parse(text)
    assert source is not None
    inner = compile("\n\ndef read(): user.name", "app.py", "exec").co_consts[0]
    assert clause(source, inner, 3, NAMES, LazyReadError) is None
    module = Source.parse("try:\n    user.name\nexcept Exception:\n    pass\n")
    assert module is not None
    code = compile("user.name", "app.py", "exec")
    assert clause(module, code, 2, NAMES, LazyReadError) == Span(3, 1, 3, 17)
