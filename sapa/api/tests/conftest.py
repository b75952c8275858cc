import pytest

from sapa.api import access


@pytest.fixture(autouse=True)
def full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test inherits the calls of another."""
    monkeypatch.setattr(access, "CALLS", access.Bucket(rate=1000, burst=100_000))
    monkeypatch.setattr(access, "FAILURES", access.Bucket(rate=1000, burst=100_000))
