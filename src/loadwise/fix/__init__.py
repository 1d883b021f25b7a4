"""From a gap to a cure: which options, where in the source, and how far it can be trusted."""
