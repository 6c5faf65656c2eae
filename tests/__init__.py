"""The tests; ``tests.factories`` makes what they need."""
