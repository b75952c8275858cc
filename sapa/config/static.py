"""Static files under names that carry their content's hash, so that a browser may keep them for ever."""

from collections.abc import Callable
from re import Match
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

OWN_SCRIPTS = ("desk/", "portal/", "accounts/", "conversations/", "channels/")


class Storage(ManifestStaticFilesStorage):
    """Hashes every file and rewrites the imports between our own ES modules; other packages' scripts stay as shipped.

    A name that was not collected (a test, a check) is given as it is: a page without its picture beats no page.
    """

    support_js_module_import_aggregation = True

    def url_converter(self, name: str, *args: Any, **kwargs: Any) -> Callable[[Match[str]], str]:
        """Django finds imports by pattern, in comments too, and stops at the first one that leads nowhere."""
        if name.endswith(".js") and not name.startswith(OWN_SCRIPTS):
            return lambda found: found.group(0)
        return super().url_converter(name, *args, **kwargs)

    def stored_name(self, name: str) -> str:
        return self.hashed_files.get(self.hash_key(self.clean_name(name)), name)
