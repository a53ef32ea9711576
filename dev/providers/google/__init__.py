"""Google, as far as Parley knows it: sign-in and Calendar API v3.

What it answers follows Google's API reference and discovery document; where those are silent, it
takes the answer that is harder on a client.
"""
