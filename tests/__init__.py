"""Tests of the whole product: real processes, real browsers, real mail servers."""
