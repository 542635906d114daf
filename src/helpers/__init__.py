"""The study: what its notebooks call, on top of `eprivacy_its`."""
