"""Parley on this machine: deployed to an embedded AWS, with a mailbox for its mails."""
