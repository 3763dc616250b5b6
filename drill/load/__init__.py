"""How many people an environment holds: synthetic participants, more and more of them, until quality suffers."""
