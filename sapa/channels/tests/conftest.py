"""The real mail server for the tests of channels."""

from sapa.channels.tests.dovecot import dovecot

__all__ = ["dovecot"]
