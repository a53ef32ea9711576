"""Stand-ins of the providers that Parley talks to: servers with state, to look into and to break.

They answer as the providers do, on one origin each; Parley reaches them by configuration only.
"""
