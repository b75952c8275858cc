"""The wheel, built from this tree and installed into an empty environment, is the whole product."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapa.config import postgres
from sapa.core.tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="sapa-wheel-"))
    made.chmod(0o755)
    yield made
    if (made / "var").exists():
        postgres.stop(made / "var")
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def command(folder: Path) -> Path:
    """The installed command `sapa`. The dependencies are those of this environment: what they are is not tried here."""
    if not (ROOT / "sapa" / "static_built" / "staticfiles.json").is_file():
        if os.environ.get("CI") == "true":
            pytest.fail("the static files are not collected: run bin/prepare")
        pytest.skip("the static files are not collected: run bin/prepare")
    tree = folder / "tree"
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "var", "node_modules", "build", "dist", "__pycache__", "*.egg-info"
    )
    shutil.copytree(ROOT, tree, ignore=ignored)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder), str(tree)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shutil.rmtree(tree)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv"), "install", "-qq", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv" / "bin" / "sapa"


def environ(folder: Path, port: int = 0) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "SAPA_HOME": str(folder / "var"), "SAPA_PORT": str(port or 8000), "SAPA_LMTP_PORT": "0"}


def test_the_installed_command_knows_its_version(command: Path, folder: Path) -> None:
    done = subprocess.run(
        [command, "--version"], cwd=folder, env=environ(folder), capture_output=True, text=True, check=True
    )
    assert re.match(r"Sapa, version \d+\.\d+", done.stdout)


def test_doctor_works_outside_of_the_tree(command: Path, folder: Path) -> None:
    done = subprocess.run(
        [command, "doctor"], cwd=folder, env=environ(folder), capture_output=True, text=True, check=False
    )
    assert "PostgreSQL 18" in done.stdout
    assert "Static files: collected" in done.stdout


def test_the_installed_product_serves_pages_with_their_style(command: Path, folder: Path) -> None:
    port = free_port()
    serving = subprocess.Popen(
        [command, "serve"], cwd=folder, env=environ(folder, port), stderr=subprocess.PIPE, text=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        assert serving.stderr is not None
        begun = time.monotonic()
        for line in serving.stderr:
            assert time.monotonic() - begun < 120
            if "Ready in" in line:
                break
        page = urllib.request.urlopen(f"{address}/accounts/login/", timeout=20).read().decode()
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
        assert styles, page[:2000]
        for style in styles:
            assert re.search(r"\.[0-9a-f]{12}\.css$", style)
            assert urllib.request.urlopen(address + style, timeout=20).status == 200
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=60)
