"""What the real OML has no counterpart of: knows neither Django nor its settings."""
