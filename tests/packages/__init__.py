"""The graph from source text and the one of live mappers, on packages that others wrote."""
