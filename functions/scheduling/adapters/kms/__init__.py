"""Texts that are kept encrypted, through AWS KMS."""
