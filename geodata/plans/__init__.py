"""Plans: the ground cut into units, and which grid has each.

The ground of a community is cut once into units that together cover it with no hole and no
overlap; a plan says which grid has each unit, and a grid's border is that of its units. What
people draw is a pure function from one plan to the next, so a plan cannot overlap or leave holes.
Every step is kept and can be taken back; what is published keeps what was before.
"""
