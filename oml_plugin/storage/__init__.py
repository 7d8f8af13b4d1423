"""What is read from and kept in OML's database and our state folder."""
