"""Results and executed notebooks become HTML: layout, site, reference pages, search."""

from eprivacy_its.runs.prefork import fast_import

# Before anything here imports jsonschema: 1.5 s of each start, whichever way the packages were installed.
fast_import.leave_out_iri_grammar()
