"""The kernel: trees of attributes, what is held, what is needed, and the judge. Standard library only."""
