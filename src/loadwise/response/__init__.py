"""Response: what a schema of one's own (pydantic, dataclass, msgspec, TypedDict) needs loaded."""
