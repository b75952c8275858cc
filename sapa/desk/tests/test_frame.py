from django.template.loader import render_to_string
from django.test import RequestFactory

from conftest import World


def test_the_frame_has_a_rail_and_no_inline_script_or_style(world: World) -> None:
    request = RequestFactory().get("/")
    request.user = world.alice
    page = render_to_string("desk/frame.html", request=request)
    assert 'aria-label="Conversations"' in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_who_may_not_read_customers_has_no_link_to_them(world: World) -> None:
    request = RequestFactory().get("/")
    request.user = world.alice
    world.alice.role.permissions = ["conversation.read"]
    assert "/customers/" not in render_to_string("desk/frame.html", request=request)


def test_the_theme_is_on_the_first_element_so_that_nothing_flashes(world: World) -> None:
    request = RequestFactory().get("/")
    request.user = world.alice
    world.alice.theme = "dark"
    assert 'data-theme="dark"' in render_to_string("base.html", request=request)


def test_the_page_of_a_fault_needs_neither_request_nor_database() -> None:
    for name in ("400", "403", "403_csrf", "404", "413", "500"):
        assert "<h1>" in render_to_string(f"{name}.html")
