"""Batched estimators: each acts on many series of one design, so that `fit` is the case of one series.

A kernel takes ``Y`` of shape (m, n), ``X`` of shape (n, k), the `Links` that say which rows follow one
another,
and returns a `Batch`. None of them loops over series.
"""

from __future__ import annotations

from eprivacy_its.its.kernels.common import Batch

__all__ = ["Batch"]
