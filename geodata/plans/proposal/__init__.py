"""Nets that the computer proposes: a graph divided into connected parts within a band.

``partition`` knows no map: weights, neighbours and what stays together. It proves why a demand is
impossible where it can. ``propose`` turns the units of a plan into such a graph and back.
"""

from geodata.plans.proposal.impossible import NoPartition
from geodata.plans.proposal.partition import Found, nearest_parts, partition

__all__ = ["Found", "NoPartition", "nearest_parts", "partition"]
