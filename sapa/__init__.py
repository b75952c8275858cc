"""Sapa («to greet»): the customer service of a company in one piece of software."""

__version__ = "0.1.0"
