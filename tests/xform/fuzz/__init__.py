"""Throw hostile input at every door of the engine, and see that it stays calm.

`python -m tests.xform.fuzz --minutes N [--seed S] [TARGET ...]` needs nothing but what
the tests need, and Linux for its bounds of time and memory.
"""
