"""What people write: periods, numbers and what is wrong with them, read alike in files and in frames."""

from __future__ import annotations
