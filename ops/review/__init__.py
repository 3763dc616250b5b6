"""What a change does, for whoever decides about it: previews of an environment's sites in plain words.

Reads what `pulumi preview --json --show-sames` says of each site, asks the cloud and the meeting servers where it may,
and writes one document, as Markdown for a pull request or as text for a terminal. `ops.review.policy` are the rules
that no change may break. Values of properties are shown by name only, never as they come: a preview is read by many.
"""
