"""Invoked by operators and other functions only: one module, one function."""
