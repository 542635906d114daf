"""Raw tables of any study: data packages, checksums, every fault with file, row and column."""
