"""The run-time witness: it watches real sessions and explains what they lack."""
