"""Random programs, as source text: what is told of them without a run, and what a run does."""
