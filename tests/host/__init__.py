"""The test suites of others, with a watch and without: the outcomes must be the same."""
