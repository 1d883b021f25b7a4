"""Tests of `loadwise.response`."""
