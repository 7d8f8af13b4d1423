"""What both sides of a link share: its description, its agreement, its plan. Knows no database, framework or host."""

__version__ = "0.1.0"
