"""Why a call fails: the way of a call walked step by step, and the one cause named."""
