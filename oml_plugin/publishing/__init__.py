"""How saved rows reach OML's Redis and Asterisk, and the proof that they did."""
