"""How old something is, in words that are the same in every language."""


def age_of(seconds: float) -> str:
    """`< 1 min`, `12 min`, `5 h`, `3 d`."""
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min" if minutes else "< 1 min"
    return f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
