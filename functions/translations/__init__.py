"""The words of pages and mails in each language, and how each writes times."""
