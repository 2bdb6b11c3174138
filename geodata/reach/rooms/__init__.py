"""Public rooms of compounds: planned, accepted and handed over together; used, misused, recovered.

What a plan says and what stands are kept side by side, in square metres. Whatever is done with a
room is an entry that nobody can edit. A room that is used for something else is a finding with an
owner and a date, until the room is recovered or the finding was none.
"""
