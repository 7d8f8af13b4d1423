"""What 0.1.0 wrote is read as before. `data/` was written by 0.1.0 itself and is never written anew.

`image_version_1`, `image_version_2`: a PBX's link file, link code, rows and AstDB keys of an applied link, own table,
the journal of a run that ended after its rows were written (journal formats 1 and 2), and the directory of a `sync`.
`omnileads`: the same of OML, with the schema of our tables and what Django noted of them.
"""
