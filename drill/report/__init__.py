"""What a drill recorded, for people and for programs: Markdown, a table for the terminal, JSON, a picture a fault.

Pure but for `store`, which knows where reports are kept.
"""
