"""Throw-away projects, as the tests of whole studies use them."""

from tests.study.conftest import notebook_writer, project  # noqa: F401
