"""Find identities by the beginning of their address and companies by a mail domain."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(fields=["address"], name="identity_prefix", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(model_name="company", index=GinIndex(fields=["domains"], name="company_domains")),
    ]
