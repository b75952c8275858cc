"""Copies the ES modules that our pages import from node_modules into the static folder, as they were shipped.

Run after `npm ci`. A package is pinned in package-lock.json; what is not in this list is not in the product.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "sapa" / "desk" / "static" / "vendor"
MODULES = {
    "htmx.js": "htmx.org/dist/htmx.esm.js",
    "idiomorph.js": "idiomorph/dist/idiomorph.esm.js",
    "squire.js": "squire-rte/dist/squire-raw.mjs",
    "dompurify.js": "dompurify/dist/purify.es.mjs",
}


def main() -> None:
    """Replace the folder as a whole, so that nothing of an older version stays."""
    packages = ROOT / "node_modules"
    missing = [source for source in MODULES.values() if not (packages / source).is_file()]
    if missing:
        sys.exit(f"{packages} lacks {', '.join(missing)}: run `npm ci` first")
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for name, source in MODULES.items():
        text = (packages / source).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL=")]
        (TARGET / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
