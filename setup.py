"""The wheel carries what `bin/prepare` made: hashed static files, browser modules, compiled translations."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PACKAGE = Path(__file__).resolve().parent / "sapa"


class Build(build_py):
    """Refuses to build a wheel whose pages would have no style and no scripts."""

    def run(self) -> None:
        catalogs = [path for path in PACKAGE.glob("locale/*/LC_MESSAGES/*.po") if not path.with_suffix(".mo").exists()]
        if not (PACKAGE / "static_built" / "staticfiles.json").is_file() or catalogs:
            raise SystemExit("static files or translations are not made yet: run `bin/prepare` first")
        super().run()


setup(cmdclass={"build_py": Build})
