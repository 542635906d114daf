"""Results and executed notebooks become HTML: layout, site, reference pages, search."""
