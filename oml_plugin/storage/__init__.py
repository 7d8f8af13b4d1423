"""Reads and writes OML's database and our state folder."""
