"""How saved rows reach OML's Redis and Asterisk, and the check that they did."""
