"""The imports that a cure needs: a module, and the module as it must be afterwards."""

from __future__ import annotations

from typing import Final

import pytest

from loadwise.core.origin import EntityName
from loadwise.fix.imports import imports, spelled
from tests.fix.editing import FILE, applied, source, text

ORG: Final = EntityName(module="app.models", name="Org")


def imported(written: str, *functions: str, entities: tuple[EntityName, ...] = ()) -> str:
    """A module after the imports of some names."""
    return applied(written, imports(source(written), FILE, functions, entities))


CASES: Final = {
    "beside others": (
        """
        import os
        from sqlalchemy.orm import selectinload

        x = 1
        """,
        """
        import os
        from sqlalchemy.orm import joinedload, selectinload

        x = 1
        """,
    ),
    "beside others, a comment behind": (
        "from sqlalchemy.orm import selectinload  # noqa\nx = 1\n",
        "from sqlalchemy.orm import joinedload, selectinload  # noqa\nx = 1\n",
    ),
    "beside others, another statement behind": (
        "from sqlalchemy.orm import defer; x = 1\n",
        "from sqlalchemy.orm import defer, joinedload; x = 1\n",
    ),
    "among others in their order": (
        "from sqlalchemy.orm import Mapped, defer, relationship\nx = 1\n",
        "from sqlalchemy.orm import Mapped, defer, joinedload, relationship\nx = 1\n",
    ),
    "among others in the order of letters": (
        "from sqlalchemy.orm import defer, Mapped, relationship\nx = 1\n",
        "from sqlalchemy.orm import defer, joinedload, Mapped, relationship\nx = 1\n",
    ),
    "behind others in no order": (
        "from sqlalchemy.orm import undefer, defer, Mapped\nx = 1\n",
        "from sqlalchemy.orm import undefer, defer, Mapped, joinedload\nx = 1\n",
    ),
    "beside one under another name": (
        "from sqlalchemy.orm import joinedload as load\nx = 1\n",
        "from sqlalchemy.orm import joinedload as load, joinedload\nx = 1\n",
    ),
    "beside one in brackets": (
        "from sqlalchemy.orm import (selectinload)\nx = 1\n",
        "from sqlalchemy.orm import (joinedload, selectinload)\nx = 1\n",
    ),
    "beside one in brackets, a comment behind": (
        "from sqlalchemy.orm import (selectinload,)  # noqa\nx = 1\n",
        "from sqlalchemy.orm import (joinedload, selectinload,)  # noqa\nx = 1\n",
    ),
    "beside one, a comment with a bracket behind": (
        "from sqlalchemy.orm import selectinload  # (all)\nx = 1\n",
        "from sqlalchemy.orm import joinedload, selectinload  # (all)\nx = 1\n",
    ),
    "beside several lines in brackets": (
        """
        from sqlalchemy.orm import (
            selectinload,
            undefer,
        )

        x = 1
        """,
        """
        from sqlalchemy.orm import (
            joinedload,
            selectinload,
            undefer,
        )

        x = 1
        """,
    ),
    "behind several lines in brackets": (
        """
        from sqlalchemy.orm import (
            Mapped,
            defer,  # why
        )
        """,
        """
        from sqlalchemy.orm import (
            Mapped,
            defer,
            joinedload,  # why
        )
        """,
    ),
    "behind several names in brackets, without a comma": (
        """
        from sqlalchemy.orm import (
            Mapped, defer
        )
        """,
        """
        from sqlalchemy.orm import (
            Mapped, defer, joinedload
        )
        """,
    ),
    "beside one that is continued": (
        "from sqlalchemy.orm import selectinload, \\\n    undefer\nx = 1\n",
        (
            "from sqlalchemy.orm import selectinload, \\\n    undefer\n"
            "from sqlalchemy.orm import joinedload\nx = 1\n"
        ),
    ),
    "beside a star": (
        "from sqlalchemy.orm import *\nx = 1\n",
        "from sqlalchemy.orm import *\nfrom sqlalchemy.orm import joinedload\nx = 1\n",
    ),
    "behind the last import": (
        """
        import sqlalchemy.orm
        import os

        x = 1
        """,
        """
        import sqlalchemy.orm
        from sqlalchemy.orm import joinedload
        import os

        x = 1
        """,
    ),
    "beside those of the package": (
        """
        import os

        import sqlalchemy as sa
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.pool import NullPool

        from app import User

        x = 1

        from app import Late
        """,
        """
        import os

        import sqlalchemy as sa
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import joinedload
        from sqlalchemy.pool import NullPool

        from app import User

        x = 1

        from app import Late
        """,
    ),
    "before those of the package": (
        "import os\nfrom sqlalchemy.pool import NullPool\nx = 1\n",
        (
            "import os\nfrom sqlalchemy.orm import joinedload\n"
            "from sqlalchemy.pool import NullPool\nx = 1\n"
        ),
    ),
    "behind an import of several lines": (
        """
        from app import (
            one,
        )
        x = 1
        """,
        """
        from app import (
            one,
        )
        from sqlalchemy.orm import joinedload
        x = 1
        """,
    ),
    "behind a docstring": (
        '"""What it is.\n\nAnd more.\n"""\n\nx = 1\n',
        '"""What it is.\n\nAnd more.\n"""\nfrom sqlalchemy.orm import joinedload\n\nx = 1\n',
    ),
    "behind the future": (
        '"""What it is."""\n\nfrom __future__ import annotations\n\nx = 1\n',
        (
            '"""What it is."""\n\nfrom __future__ import annotations\n'
            "from sqlalchemy.orm import joinedload\n\nx = 1\n"
        ),
    ),
    "what a type checker imports is not there": (
        """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from sqlalchemy.orm import joinedload

        x = 1
        """,
        """
        from typing import TYPE_CHECKING
        from sqlalchemy.orm import joinedload

        if TYPE_CHECKING:
            from sqlalchemy.orm import joinedload

        x = 1
        """,
    ),
    "what a function imports is not there": (
        "import os\n\n\ndef f():\n    from sqlalchemy.orm import joinedload\n",
        (
            "import os\nfrom sqlalchemy.orm import joinedload\n\n\n"
            "def f():\n    from sqlalchemy.orm import joinedload\n"
        ),
    ),
    "a module of its own with the same name": (
        "from .sqlalchemy.orm import other\nx = 1\n",
        "from .sqlalchemy.orm import other\nfrom sqlalchemy.orm import joinedload\nx = 1\n",
    ),
    "nothing above": (
        "x = 1\n",
        "from sqlalchemy.orm import joinedload\nx = 1\n",
    ),
    "nothing above but comments": (
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# About it.\n\n# About x.\nx = 1\n",
        (
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# About it.\n"
            "from sqlalchemy.orm import joinedload\n\n# About x.\nx = 1\n"
        ),
    ),
    "Windows": (
        "import os\r\n\r\nx = 1\r\n",
        "import os\r\nfrom sqlalchemy.orm import joinedload\r\n\r\nx = 1\r\n",
    ),
    "form feed": (
        "import os\n\x0c\nx = '\u2028\x85'\n",
        "import os\nfrom sqlalchemy.orm import joinedload\n\x0c\nx = '\u2028\x85'\n",
    ),
    "the last line has no end": (
        "x = 1\nimport os",
        "x = 1\nimport os\nfrom sqlalchemy.orm import joinedload\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_import(case: str) -> None:
    before, after = map(text, CASES[case])
    assert imported(before, "joinedload") == after


@pytest.mark.parametrize(
    "written",
    [
        "from sqlalchemy.orm import joinedload\n",
        "from sqlalchemy.orm import selectinload as joinedload\n",
        "import joinedload\n",
        "import joinedload.more\n",
        "def joinedload(): ...\n",
        "async def joinedload(): ...\n",
        "class joinedload: ...\n",
        "joinedload = 1\n",
        "try:\n    from sqlalchemy.orm import joinedload\nexcept ImportError:\n    pass\n",
        "import sys\nif sys.version_info > (3, 0):\n    from sqlalchemy.orm import joinedload\n",
    ],
)
def test_what_is_bound_is_not_imported_again(written: str) -> None:
    assert imports(source(written), FILE, ["joinedload"], []) == ()


def test_what_is_imported_is_there_the_second_time() -> None:
    for before, _ in CASES.values():
        once = imported(text(before), "joinedload", entities=(ORG,))
        assert imported(once, "joinedload", entities=(ORG,)) == once


def test_several_names_share_a_line() -> None:
    assert imported("import os\n", "selectinload", "joinedload", entities=(ORG,)) == (
        "import os\n"
        "from app.models import Org\n"
        "from sqlalchemy.orm import joinedload, selectinload\n"
    )


def test_entities_go_beside_others_of_their_module() -> None:
    assert imported("from app.models import User\nx = 1\n", entities=(ORG,)) == (
        "from app.models import Org, User\nx = 1\n"
    )


SPELLED: Final = {
    "as it is imported": ("from app.models import User\n", "app.models"),
    "of the same package": ("from app.db import session\n", "app.models"),
    "of the same package as a whole": ("import app.db\n", "app.models"),
    "relative": ("from ..models import User\n", "..models"),
    "relative, of a package": ("from ..other import User\n", "..models"),
    "relative, and from elsewhere": ("from . import x\nfrom json import loads\n", "..models"),
    "nothing to go by": ("import os\n", "src.app.models"),
}


@pytest.mark.parametrize("case", SPELLED)
def test_a_module_is_spelled_as_its_neighbours_are(case: str) -> None:
    """The dotted name begins at the project's root, where `src` may be no package."""
    written, expected = SPELLED[case]
    assert spelled(source(written), "src/app/api/users.py", "src.app.models") == expected


def test_an_entity_that_is_there_or_nowhere_is_not_imported() -> None:
    nowhere = EntityName(module="", name="Local")
    written = "from app.models import Org\nx = 1\n"
    assert imported(written, entities=(ORG, nowhere)) == written
