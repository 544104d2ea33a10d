from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="UserReplica",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("status", models.CharField(max_length=16)),
                ("version", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name_plural": "user replicas",
            },
        ),
    ]
