"""Cases: a problem found, from any source, followed until it is fed back and closed.

A case keeps the area, grid and compound that stood when it was reported. Free text, address and
reporter of a case are personal: they are given only to those whose role and area of duty permit
it, and every such reading is entered in the audit trail. What everybody signed in may see is
where, when, of what kind and in what state.
"""
