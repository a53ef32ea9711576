"""Parley on this machine: deployed to an embedded AWS, with a mailbox for its mails."""

import sys
from pathlib import Path

# Some of it imports what is deployed, by the names that it has there.
sys.path.insert(0, str(Path(__file__).parent.parent / "functions"))
