DROP FUNCTION amana.log_retire(bigint, text, text, text, text, uuid);
DROP FUNCTION amana.log_replay(bigint, bigint, bytea[], bytea[], bytea);
DROP TABLE amana.log_promise_key, amana.log_witnessed, amana.log_cosignature, amana.log_witness, amana.retired_log_checkpoint,
  amana.retired_log_entry, amana.log_origin;
REVOKE DELETE ON amana.log_entry, amana.log_checkpoint FROM amana_definer;
-- Refuses while entries are without their event: they cannot be told to the schema before.
ALTER TABLE amana.log_entry ALTER COLUMN event_id SET NOT NULL;
REVOKE UPDATE (head_kept) ON amana.log_state FROM amana_worker;
ALTER TABLE amana.log_state DROP COLUMN head_kept;
