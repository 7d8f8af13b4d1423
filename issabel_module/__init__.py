"""The PBX side of a link: an Issabel PBX's MySQL schema, its AstDB, its reload."""
