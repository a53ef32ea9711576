"""Woken by the clock: one module, one function."""
