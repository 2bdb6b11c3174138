"""Where cases crowd together more than chance would have it, and whether that is news.

These modules are statistics alone: arrays and shapes in, arrays and shapes out, no database and no
page; what the database holds is read in ``stored``. Places are x and y in metres, never degrees.
Every figure that is called significant has been tested against conditional permutations and
controlled for the number of cells tested; what cannot be tested (too few cells, all values equal,
no household counted) is no hotspot and says why by a key. The same input and seed give the same
answer, on any number of cores.
"""
