"""The database refuses to change or delete a fact; presence is unlogged: losing it at a crash is right."""

from django.db import migrations

GUARD = """
create function timeline_is_append_only() returns trigger language plpgsql as $$
begin raise exception 'facts are append-only' using errcode = 'restrict_violation'; end $$;
create trigger append_only before update or delete or truncate on timeline_fact
  for each statement execute function timeline_is_append_only();
alter table timeline_presence set unlogged;
"""
UNGUARD = """
alter table timeline_presence set logged;
drop trigger append_only on timeline_fact;
drop function timeline_is_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("timeline", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
