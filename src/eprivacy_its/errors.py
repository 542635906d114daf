"""Errors that a user can act on."""

from __future__ import annotations


class InputError(ValueError):
    """Input that can't be used: says where, what was found, what was expected, how to fix it.

    The command line prints the message alone and exits with status 2.
    """
