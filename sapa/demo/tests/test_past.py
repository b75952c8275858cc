from datetime import timedelta

import pytest

from sapa.conversations.models import Conversation, Message
from sapa.core import clock
from sapa.demo import company, past
from sapa.timeline.models import Fact


@pytest.fixture
def shop(db: None, settings: object, tmp_path: object) -> company.Company:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    company.found(customers_port=9)
    return company.company()


def test_past_is_made_by_real_actions_and_can_be_continued(
    shop: company.Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(past, "MANY", 6)
    seen: list[int] = []
    past.make(shop, now=now, progress=lambda done, of: seen.append(done))
    assert seen == [1, 2, 3, 4, 5, 6]
    assert Conversation.objects.count() == 6
    assert not Message.objects.filter(state__in=["queued", "sending"]).exists(), "nothing of the past is sent again"
    assert Fact.objects.filter(kind="case.created").count() == 6
    assert Conversation.objects.filter(created_at__lt=now - timedelta(minutes=5)).count() == 6
    past.make(shop, now=now, progress=lambda done, of: None)
    assert Conversation.objects.count() == 6, "a second start makes nothing twice"
