"""How long a fault may cost, computed from the settings: worst cases as sums whose terms are named.

Pure functions of what is given (`client.Given`): an environment, what its clients do by themselves, and what its
servers take. `faults.worst_case` is the way in; what is counted, and what is not, is in docs/decisions/0013.
"""
