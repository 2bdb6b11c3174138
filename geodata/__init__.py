"""What the system knows and works out.

No HTTP and no HTML live here. Each sub-package is one room of the field; a room may use the
rooms below it (see ``docs/architecture.md``), never one above or beside it.
"""
