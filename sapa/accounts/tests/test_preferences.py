import pytest
from django.test import Client

from conftest import World


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "", "Nowhere/Land", "../../etc/passwd", "Asia"])
def test_a_page_comes_in_any_time_zone_even_one_that_is_gone(world: World, client: Client, zone: str) -> None:
    world.alice.time_zone = zone
    world.alice.save()
    client.force_login(world.alice)
    assert client.get("/inbox/mine/").status_code == 200
