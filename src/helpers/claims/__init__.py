"""The published claims beside the published totals."""
