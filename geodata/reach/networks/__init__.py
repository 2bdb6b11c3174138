"""Streets as they can be walked.

A network is arrays: nodes, the edges between them and the lines along which they run, in one plane
of metres. It is made once from streets, gates and walls, never changed, and knows nothing of who
asks. Lengths are metres on the ground; how fast somebody walks comes in with a ``Walker``, so that
one network serves all. What could not be used is listed, never dropped in silence.
"""
