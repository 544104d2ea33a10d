from django.db import migrations

NEVER_CHANGED = """
CREATE FUNCTION payments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON payments_ledgerentry
FOR EACH ROW EXECUTE FUNCTION payments_refuse_change();
"""

CHANGEABLE = """
DROP TRIGGER ledger_is_append_only ON payments_ledgerentry;
DROP FUNCTION payments_refuse_change();
"""

# Payments that are older than the ledger: what their status says of their money.
OPENING_ENTRIES = """
INSERT INTO payments_ledgerentry (payment_id, movement, held, taken, currency, recorded_at)
SELECT payment.id, entry.movement, entry.held * amount, entry.taken * amount, currency, updated_at
FROM payments_payment AS payment
JOIN (VALUES
    (1, 'authorized', 1, 0, ARRAY['authorized', 'captured', 'refunded', 'capture_failed']),
    (2, 'captured', -1, 1, ARRAY['captured', 'refunded']),
    (3, 'voided', -1, 0, ARRAY['capture_failed']),
    (4, 'refunded', 0, -1, ARRAY['refunded'])
) AS entry (turn, movement, held, taken, statuses) ON payment.status = ANY (entry.statuses)
ORDER BY payment.id, entry.turn;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0011_ledger_and_claims")]

    operations = [
        migrations.RunSQL(NEVER_CHANGED, CHANGEABLE),
        migrations.RunSQL(OPENING_ENTRIES, migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE payments_payment SET moved_at = updated_at", migrations.RunSQL.noop),
    ]
