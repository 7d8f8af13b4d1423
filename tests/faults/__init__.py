"""Every effect of a run of the product broken in every way, and what `recover` makes of it."""
