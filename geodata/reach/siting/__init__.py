"""Where the next places belong: the most covered, all covered by the fewest, the shortest walk.

Demands have a weight and stand so far from each candidate and from what stands already; a choice
is some of the candidates. A choice is called optimal only where that is proven; else it is told
how far from the best it can be at most. Who nobody can reach is named, never dropped in silence.
"""
