"""What can be wrong on OML before anything is written, and the proof by a call."""
