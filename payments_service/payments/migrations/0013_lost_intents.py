from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0012_keep_the_ledger")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="intent_lost",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RemoveConstraint(model_name="payment", name="money_moves_by_an_intent"),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("intent_id__isnull", False),
                    ("intent_lost", True),
                    ("status__in", ["started", "declined", "voided"]),
                    _connector="OR",
                ),
                name="money_moves_by_an_intent",
            ),
        ),
    ]
