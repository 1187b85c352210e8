DROP TABLE amana.log_key;
ALTER TABLE amana.idempotency DROP COLUMN promised_at;
ALTER TABLE amana.idempotency DROP COLUMN commitments;
