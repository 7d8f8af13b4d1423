"""How a link is carried out: plan, journal, apply, undo, drift."""
