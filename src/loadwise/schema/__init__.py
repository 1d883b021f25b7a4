"""From mapped classes to a `core.graph.Graph`: what SQLAlchemy knows of a schema, as data."""
