"""Households, residents and elderly people within reach, counted where they live.

Homes are points with people; a place of one kind is near or far from each. Everything else is sums:
by building, compound, grid or area, against a standard, against what a place can hold, at an hour.
What states nobody and what cannot be joined to the streets is told, never dropped in silence.
"""
