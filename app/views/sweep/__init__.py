"""The sweep: what is to be trained, and a heat map of how it came out."""
