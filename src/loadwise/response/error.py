"""Error: a schema that cannot be loaded."""

from __future__ import annotations


class SchemaError(ValueError):
    """The schema asks for what the entity does not have, or for what no loader option loads.

    `schema`, `field` and `entity` are names; `field` is empty where it is the schema as a whole.
    """

    def __init__(self, message: str, *, schema: str, field: str = "", entity: str = "") -> None:
        super().__init__(message)
        self.schema = schema
        self.field = field
        self.entity = entity

    def __reduce__(self) -> tuple[object, ...]:
        words = {"schema": self.schema, "field": self.field, "entity": self.entity}
        return (_made, (str(self), words))


def _made(message: str, words: dict[str, str]) -> SchemaError:
    return SchemaError(message, **words)
