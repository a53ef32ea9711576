"""The JSON API: one module, one function."""
