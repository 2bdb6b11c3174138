"""What is within so many minutes on foot of a place: nodes, parts of streets, ground.

Exact on the network, and drawn so that an outline holds the reached parts of streets and never
jumps what cannot be crossed.
"""
