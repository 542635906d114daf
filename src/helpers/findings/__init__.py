"""The findings page: recorded estimates as sentences, graded, and the one figure."""
