"""The same directory through HTTP."""

import httpx
import pytest

pytestmark = pytest.mark.asyncio


async def test_show_user(client: httpx.AsyncClient) -> None:
    """The response model reads the organization."""
    response = await client.get("/users/100")
    assert response.json() == {
        "id": 100,
        "name": "Yui",
        "email": "yui@example.com",
        "organization": {"id": 2, "name": "Research"},
    }


async def test_no_such_user(client: httpx.AsyncClient) -> None:
    """An unknown id is no error of the server."""
    response = await client.get("/users/3")
    assert response.status_code == 404


async def test_headcounts(client: httpx.AsyncClient) -> None:
    """The listing works as it does without HTTP."""
    response = await client.get("/headcounts")
    assert response.json() == {"Sales": 2, "Research": 1}
