"""Zoom's stand-in: signing in, meetings and limits, as far as Parley uses them."""
