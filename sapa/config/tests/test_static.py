"""Hashed names, the import map, and that every static name in a template leads to a file."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage
from django.template import engines
from django.test import RequestFactory

import sapa
from sapa.config.static import Storage
from sapa.desk.templatetags.importmap import MODULES

TEMPLATES = sorted(Path(sapa.__file__).parent.glob("*/templates/**/*.html"))


def collect(source: Path, target: Path) -> Storage:
    storage = Storage(location=str(target), base_url="/static/")
    names = [str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()]
    files = FileSystemStorage(location=str(source))
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes((source / name).read_bytes())
    for name, _, outcome in storage.post_process({name: (files, name) for name in names}):
        assert not isinstance(outcome, Exception), (name, outcome)
    return Storage(location=str(target), base_url="/static/")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, text in {
        "desk/main.js": 'import { one } from "./one.js";\n',
        "desk/one.js": "export const one = 1;\n",
        "vendor/other.js": '/** @type {import("./absent").A} */\nexport default 1;\n',
    }.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "source"


def test_our_modules_import_each_other_by_hashed_names(source: Path, tmp_path: Path) -> None:
    storage = collect(source, tmp_path / "built")
    main = storage.stored_name("desk/main.js")
    assert re.fullmatch(r"desk/main\.[0-9a-f]{12}\.js", main)
    assert Path(storage.stored_name("desk/one.js")).name in (tmp_path / "built" / main).read_text()


def test_a_script_of_another_package_stays_as_shipped(source: Path, tmp_path: Path) -> None:
    storage = collect(source, tmp_path / "built")
    shipped = (source / "vendor" / "other.js").read_text()
    assert (tmp_path / "built" / storage.stored_name("vendor/other.js")).read_text() == shipped


def test_a_name_that_was_not_collected_is_given_as_it_is(tmp_path: Path) -> None:
    assert Storage(location=str(tmp_path), base_url="/static/").url("desk/new.css") == "/static/desk/new.css"


def test_import_map_names_every_module_under_the_nonce() -> None:
    request = RequestFactory().get("/")
    request.csp_nonce = "n0nce"  # type: ignore[attr-defined]
    text = engines["django"].from_string("{% load importmap %}{% importmap %}").render({}, request)
    assert text.startswith('<script type="importmap" nonce="n0nce">')
    found = json.loads(re.sub(r"</?script[^>]*>", "", text))["imports"]
    assert set(found) == set(MODULES)
    assert found["htmx.org"].startswith("/static/vendor/htmx")


def test_every_module_of_the_import_map_was_vendored() -> None:
    missing = [path for path in MODULES.values() if not finders.find(path)]
    assert not missing, "run bin/prepare"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_static_names_in_templates_lead_to_files(template: Path) -> None:
    names = re.findall(r"""\{%\s*static\s+["']([^"']+)["']""", template.read_text())
    assert [name for name in names if not finders.find(name)] == []
