"""What both sides of a link share: what it says, what follows for each side, how it is carried out.

Knows no database, no framework and no host.
"""

__version__ = "0.1.0"
