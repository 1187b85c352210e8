-- ── The head store: the last signed head lies outside this database ───────────────────────────────────────────────
-- Whether a head store was in use: from then on an empty one is refused, and not taken for a new one.
ALTER TABLE amana.log_state ADD COLUMN head_kept boolean NOT NULL DEFAULT false;
GRANT UPDATE (head_kept) ON amana.log_state TO amana_worker;

-- ── Recovery ──────────────────────────────────────────────────────────────────────────────────────────────────────
-- An entry whose event was lost with an older database: its commitment was brought back from the store, its body was not.
ALTER TABLE amana.log_entry ALTER COLUMN event_id DROP NOT NULL;

-- Logs that followed another: the first has no row, and its tiles lie under `log`.
CREATE TABLE amana.log_origin (
  origin text PRIMARY KEY,
  store_folder text NOT NULL UNIQUE CHECK (store_folder ~ '^log-[0-9a-f]{16}$'),
  predecessor text NOT NULL UNIQUE,
  -- Signed note under the predecessor's key: that this log follows, from which head on.
  succession text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now()
);

-- What a retired log held: never touched again.
CREATE TABLE amana.retired_log_entry (
  origin text NOT NULL,
  log_index bigint NOT NULL,
  event_id uuid REFERENCES amana.custody_event,
  commitment bytea NOT NULL,
  PRIMARY KEY (origin, log_index)
);
CREATE TABLE amana.retired_log_checkpoint (
  origin text NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL,
  published_at timestamptz NOT NULL,
  cosignatures text[] NOT NULL,
  PRIMARY KEY (origin, size)
);

-- ── Witnesses ─────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.log_witness (
  verifier_key text PRIMARY KEY,
  name text NOT NULL,
  url text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  -- As the office last saw it: the head that it cosigned, and what went wrong since.
  size bigint NOT NULL DEFAULT 0,
  seen_at timestamptz,
  fault text,
  fault_at timestamptz,
  -- A head under our key that contradicts ours, as the witness holds it; stays until an operator has looked.
  conflict text
);

CREATE TABLE amana.log_cosignature (
  size bigint NOT NULL REFERENCES amana.log_checkpoint,
  verifier_key text NOT NULL REFERENCES amana.log_witness,
  -- The signature line, verified, with its newline.
  line text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (size, verifier_key)
);

-- One row: the largest head that the platform's own quorum cosigned. A verifier goes by a policy of their own.
CREATE TABLE amana.log_witnessed (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  size bigint NOT NULL
);
INSERT INTO amana.log_witnessed (size) VALUES (0);

GRANT SELECT ON amana.log_witness, amana.log_cosignature, amana.log_witnessed, amana.log_origin TO amana_app, amana_worker;
GRANT INSERT, UPDATE (name, url, retired_at, size, seen_at, fault, fault_at, conflict) ON amana.log_witness TO amana_worker;
GRANT INSERT ON amana.log_cosignature TO amana_worker;
GRANT UPDATE (size) ON amana.log_witnessed TO amana_worker;

-- ── Promises ──────────────────────────────────────────────────────────────────────────────────────────────────────
-- Keys that promises of inclusion are signed with, each certified by the log's own key.
CREATE TABLE amana.log_promise_key (
  verifier_key text PRIMARY KEY,
  certificate text NOT NULL,
  certified_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON amana.log_promise_key TO amana_app, amana_worker;
GRANT INSERT ON amana.log_promise_key TO amana_worker;

-- ── Functions for recovery: for the owner alone, while no office is held ──────────────────────────────────────────
-- Brings entries back that the log had signed: each with the event of its commitment where that is still pending, else without one.
CREATE FUNCTION amana.log_replay(
  held_epoch bigint, old_size bigint, commitments bytea[], new_edge bytea[], new_root bytea
) RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  lost bigint[];
BEGIN
  UPDATE amana.log_state SET size = old_size + cardinality(commitments), edge = new_edge, root = new_root
    WHERE size = old_size AND epoch = held_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'log fence: size or epoch has moved' USING ERRCODE = 'AM001';
  END IF;
  WITH there AS (
    SELECT o.ordinal, o.commitment, p.position, p.event_id
    FROM unnest(commitments) WITH ORDINALITY AS o(commitment, ordinal)
    LEFT JOIN (amana.log_pending p JOIN amana.custody_event e ON e.id = p.event_id) ON e.commitment = o.commitment
  ), taken AS (
    DELETE FROM amana.log_pending p USING there WHERE p.position = there.position
  ), put AS (
    INSERT INTO amana.log_entry (log_index, event_id, commitment)
      SELECT old_size + ordinal - 1, event_id, commitment FROM there RETURNING log_index, event_id
  )
  SELECT coalesce(array_agg(log_index ORDER BY log_index) FILTER (WHERE event_id IS NULL), '{}') INTO lost FROM put;
  RETURN lost;
END $$;

-- Ends a log and begins its successor: `first_event` becomes entry 0, then every event that is left, in the order it had.
CREATE FUNCTION amana.log_retire(
  held_epoch bigint, old_origin text, new_origin text, new_folder text, statement text, first_event uuid
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  waiting uuid[];
BEGIN
  UPDATE amana.log_state SET epoch = epoch + 1, size = 0, edge = '{}', root = sha256(''), head_kept = false WHERE epoch = held_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'log fence: epoch has moved' USING ERRCODE = 'AM001';
  END IF;
  INSERT INTO amana.log_origin (origin, store_folder, predecessor, succession) VALUES (new_origin, new_folder, old_origin, statement);
  INSERT INTO amana.retired_log_entry (origin, log_index, event_id, commitment)
    SELECT old_origin, log_index, event_id, commitment FROM amana.log_entry;
  INSERT INTO amana.retired_log_checkpoint (origin, size, note, published_at, cosignatures)
    SELECT old_origin, c.size, c.note, c.published_at,
      ARRAY(SELECT line FROM amana.log_cosignature s WHERE s.size = c.size ORDER BY verifier_key) FROM amana.log_checkpoint c;
  SELECT coalesce(array_agg(event_id ORDER BY position), '{}') INTO waiting FROM amana.log_pending WHERE event_id <> first_event;
  DELETE FROM amana.log_pending;
  INSERT INTO amana.log_pending (event_id) VALUES (first_event);
  INSERT INTO amana.log_pending (event_id) SELECT event_id FROM amana.log_entry WHERE event_id IS NOT NULL ORDER BY log_index;
  INSERT INTO amana.log_pending (event_id) SELECT w.id FROM unnest(waiting) WITH ORDINALITY AS w(id, ordinal) ORDER BY w.ordinal;
  DELETE FROM amana.log_cosignature;
  DELETE FROM amana.log_checkpoint;
  DELETE FROM amana.log_entry;
  UPDATE amana.log_witnessed SET size = 0;
  UPDATE amana.log_witness SET size = 0, seen_at = NULL, fault = NULL, fault_at = NULL, conflict = NULL;
END $$;

DO $$
DECLARE signature text;
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  FOREACH signature IN ARRAY ARRAY['log_replay(bigint, bigint, bytea[], bytea[], bytea)', 'log_retire(bigint, text, text, text, text, uuid)'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION amana.%s TO CURRENT_USER', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT SELECT ON amana.retired_log_entry, amana.retired_log_checkpoint TO amana_worker;
GRANT INSERT ON amana.log_origin, amana.retired_log_entry, amana.retired_log_checkpoint TO amana_definer;
GRANT SELECT, DELETE ON amana.log_entry, amana.log_checkpoint, amana.log_cosignature TO amana_definer;
GRANT SELECT, UPDATE ON amana.log_witness, amana.log_witnessed TO amana_definer;
