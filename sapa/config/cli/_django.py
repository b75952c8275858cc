"""Django set up for a command or a role; not for the supervisor, which shall stay small."""

import os


def set_up_django() -> None:
    """Read the settings and load the apps. Safe to repeat."""
    import django  # heavy, and the supervisor imports this file

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa.config.settings")
    django.setup()
