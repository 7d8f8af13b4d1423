"""Users, agents and campaigns, and what reaches Asterisk and Redis."""
