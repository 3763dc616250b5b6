"""The first files of an environment: what an operator alone knows is asked, the rest is found or planned."""
