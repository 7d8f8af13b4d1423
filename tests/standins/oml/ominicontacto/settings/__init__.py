"""Settings of the stand-in; `production` is the module to use, as in the real OML's web server and shell."""
