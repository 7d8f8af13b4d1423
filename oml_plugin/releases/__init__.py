"""Everything in which OML's releases differ, and how it is detected: by what is there, never by a number."""
