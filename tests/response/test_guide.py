"""The guide to `options_for()`: its code runs, its errors are raised, its application answers."""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

import loadwise

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "options-for.md"


def blocks(language: str) -> list[str]:
    """The blocks of code of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The code of the guide, as one module."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "guide_to_options.py"
    file.write_text("\n\n".join(blocks("python")), encoding="utf-8")
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, file.stem, module)
    spec.loader.exec_module(module)
    return module


ANN = {"name": "ann", "about": "me", "organization": {"name": "Research"}}


@pytest.mark.asyncio
async def test_the_code_runs_and_the_application_answers(guide: Any) -> None:
    async with guide.engine.begin() as connection:
        await connection.run_sync(guide.Base.metadata.create_all)
    async with guide.sessions() as session:
        ann = guide.User(name="ann", about="me", organization=guide.Organization(name="Research"))
        ann.posts = [guide.Post(text="one"), guide.Post(text="two")]
        ann.posts[0].replies = [guide.Post(text="yes", user_id=1)]
        session.add_all([ann, guide.User(name="bob")])
        await session.commit()
    async with guide.sessions() as session:
        loaded = await guide.load_users(session)
        assert [user.name for user in loaded] == ["ann", "bob"]
    async with guide.sessions() as session:
        assert (await guide.load_user(session, 1)).posts[1].text == "two"
    async with guide.sessions() as session:
        thread = await guide.load_thread(session, 1)
        assert [one.text for one in thread.replies] == ["yes"]
    with loadwise.watch():
        await _ask(guide.app)
    await guide.engine.dispose()


async def _ask(app: Any) -> None:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        ann = (await client.get("/users/1")).json()
        assert {name: ann[name] for name in ANN} == ANN
        assert [one["text"] for one in ann["posts"]][:2] == ["one", "two"]
        assert [one["name"] for one in (await client.get("/users")).json()] == ["ann", "bob"]
        profiles = (await client.get("/profiles")).json()
        assert profiles[1] == {"name": "bob", "posts": 0, "title": "Bob"}
        assert (await client.get("/users/3")).status_code == 404


def test_what_is_printed_is_what_it_says(guide: Any) -> None:
    seen = 0
    for block in blocks("pycon"):
        for command, expected in re.findall(r"^>>> (.*)\n(.*)$", block, re.MULTILINE):
            expression = re.sub(r"^print\((.*)\)$", r"\1", command)
            try:
                found = str(eval(expression, vars(guide)))
            except loadwise.SchemaError as error:
                found = f"SchemaError: {error}"
            assert found.startswith(expected.removesuffix("..."))
            seen += 1
    assert seen == 4
