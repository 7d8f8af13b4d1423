"""The PBX's database and AstDB, and our own table."""
