"""The roles to start with; and the database refuses to change or delete a line of the audit log."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from sapa.accounts.permissions import STANDARD_ROLES

GUARD = """
create function accounts_audit_is_append_only() returns trigger language plpgsql as $$
begin raise exception 'the audit log is append-only' using errcode = 'restrict_violation'; end $$;
create trigger append_only before update or delete or truncate on accounts_auditentry
  for each statement execute function accounts_audit_is_append_only();
"""
UNGUARD = "drop trigger append_only on accounts_auditentry; drop function accounts_audit_is_append_only;"


def make_roles(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    role = apps.get_model("accounts", "Role")
    for key, (name, permissions, scope) in STANDARD_ROLES.items():
        values = {"name": name, "permissions": [str(p) for p in permissions], "scope": str(scope), "is_standard": True}
        role.objects.update_or_create(key=key, defaults=values)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunPython(make_roles, migrations.RunPython.noop),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
