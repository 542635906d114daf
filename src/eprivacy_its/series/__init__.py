"""A user's own series: read what people have, say what was understood, analyse it."""

from __future__ import annotations
