"""The kernel: trees of attributes, have and need, and the judge. Standard library only."""
