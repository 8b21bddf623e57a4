"""Does the score tell who will like whom? Evaluations on real data, from a path given at run time."""
