"""What is done with people's files, as typed jobs: a frozen order in, a frozen result out.

The command line parses words into these orders, the page builds them, a process runs them.
"""


class Refused(Exception):
    """An input cannot be used; the message is the sentence to show."""
