"""One open invitation for each address."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_standard_roles_and_audit_guard")]
    operations = [
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                Lower("email"), condition=models.Q(accepted_at__isnull=True), name="invitation_open_once"
            ),
        ),
    ]
