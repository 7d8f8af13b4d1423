"""Stand-in OML for tests and demo: see README.md. This folder goes on sys.path."""
