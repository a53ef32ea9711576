"""Woken by the table's stream: one module, one function."""
