"""Models of our own, on the bases that libraries give."""
