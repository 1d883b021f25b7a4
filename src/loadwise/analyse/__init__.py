"""The static witness: reads source text, runs nothing, and says what would be missing where."""
