"""What an operator writes, checked and typed: the program's configuration, its topology and its address plan.

This room knows nothing of Pulumi resources; `settings.load.load_settings` is the way in.
"""

PROJECT = "multiparty-meeting"  # the name in Pulumi.yaml: namespace of every configuration key
