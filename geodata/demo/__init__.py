"""The generated city: the same seed gives the same city, to the byte."""
