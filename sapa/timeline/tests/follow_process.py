"""Follows until it is killed, for test_followers.py: DATABASE."""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "sapa.config.settings"
django.setup()

from django.db import connection  # noqa: E402 (Django must be set up before its parts are used)

from sapa.timeline.followers import step  # noqa: E402
from sapa.timeline.tests.writers import follower  # noqa: E402

connection.settings_dict["NAME"] = sys.argv[1]
while True:
    step(follower(batch=7))
