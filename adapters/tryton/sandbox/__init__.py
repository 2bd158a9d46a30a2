"""A Tryton to test against: the real server, in an environment of its own, on a database of its own.

Nothing is emulated. `environment.py` installs the server's packages beside ours (they are under the
GPL and are never imported), `template.py` makes one database that is copied for each start,
`acting.py` is a person who works in it. It shares no line with the adapter it is there to judge.
"""

from adapters.tryton.sandbox.running import serve

__all__ = ["serve"]
