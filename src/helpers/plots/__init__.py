"""Figures of this study: each module takes tidy data and returns a `eprivacy_its.show.Figure`."""
