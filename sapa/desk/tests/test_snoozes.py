from datetime import UTC, datetime

import pytest
from django.utils import timezone

from sapa.core import clock
from sapa.core.errors import Refused
from sapa.desk import snoozes


@pytest.mark.parametrize("day", range(1, 8))
def test_every_moment_is_to_come_and_stands_once(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    now = datetime(2026, 11, day, 10, 40, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    found = snoozes.presets()
    moments = [snoozes.moment(preset.value) for preset in found]
    assert len(set(moments)) == len(found) >= 5
    assert min(moments) > now


def test_a_moment_is_in_the_time_zone_of_the_person() -> None:
    with timezone.override("Asia/Makassar"):
        assert snoozes.moment("2026-11-23T08:00") == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "soon", "2026-13-01T00:00", "tomorrow 8:00"])
def test_what_is_no_moment_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="is not a moment"):
        snoozes.moment(value)
