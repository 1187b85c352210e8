-- ── Promises that a repeated request is given again ───────────────────────────────────────────────────────────────
-- Events that the first answer promised, by their commitments, and the time that the promise states.
ALTER TABLE amana.idempotency ADD COLUMN commitments bytea[] NOT NULL DEFAULT '{}';
ALTER TABLE amana.idempotency ADD COLUMN promised_at timestamptz(3);

-- ── Keys of the log ───────────────────────────────────────────────────────────────────────────────────────────────
-- A key that signs the log's heads beside its first one, from this event on.
CREATE TABLE amana.log_key (
  verifier_key text PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES amana.custody_event,
  since timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON amana.log_key TO amana_app, amana_worker;
GRANT INSERT ON amana.log_key TO amana_worker;
