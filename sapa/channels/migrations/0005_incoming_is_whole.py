"""A mail that is too large is kept with its header only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0004_index_of_kept_mail")]

    operations = [
        migrations.AddField(model_name="incomingmail", name="is_whole", field=models.BooleanField(default=True)),
    ]
