-- Roles of the cluster, without login: `amana_app` is what the API is, `amana_worker` what the worker is, `amana_definer` owns the few
-- functions that look past row-level security. Logins that are members of the first two are made by the operator (or the launcher).
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['amana_app', 'amana_worker', 'amana_definer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this cluster was faster
      END;
    END IF;
    -- Who creates a role may administer it but is no member of it yet (PostgreSQL 16).
    IF NOT pg_has_role(current_user, wanted, 'SET') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END IF;
  END LOOP;
END $$;

CREATE SCHEMA amana;
GRANT USAGE ON SCHEMA amana TO amana_app, amana_worker, amana_definer;
GRANT CREATE ON SCHEMA amana TO amana_definer;

-- Who asks: set per transaction by the API from the verified token, never from the request.
CREATE FUNCTION amana.my_agency() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('amana.agency', true), '')::uuid;
CREATE FUNCTION amana.my_officer() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('amana.officer', true), '')::uuid;
CREATE FUNCTION amana.my_oversight_state() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('amana.oversight_state', true), '');

-- Instants that lists are paged by have milliseconds, as cursors and JSON do: timestamptz(3).

-- ── Directory: agencies, officers, agreements, teams ──────────────────────────────────────────────────────────────
CREATE TABLE amana.agency (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state ~ '^[A-Z]{2}$'),
  name text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('border', 'investigation', 'prosecution', 'court', 'oversight')),
  contact text NOT NULL,
  statement jsonb,
  key_epoch integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE amana.agency_key_bundle (
  agency_id uuid NOT NULL REFERENCES amana.agency,
  epoch integer NOT NULL,
  wrapped_keys bytea NOT NULL,
  PRIMARY KEY (agency_id, epoch)
);

CREATE TABLE amana.officer (
  id uuid PRIMARY KEY,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  issuer text NOT NULL,
  subject text NOT NULL,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  roles text[] NOT NULL,
  key_state text NOT NULL DEFAULT 'none' CHECK (key_state IN ('none', 'enrolled', 'certified', 'revoked')),
  signing_key jsonb,
  signing_kid text UNIQUE,
  recipient text,
  certificate jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (issuer, subject)
);
CREATE INDEX officer_by_agency ON amana.officer (agency_id);

CREATE TABLE amana.agreement (
  id uuid PRIMARY KEY,
  title text NOT NULL,
  instrument jsonb NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  suspended boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (valid_until > valid_from)
);

CREATE TABLE amana.team (
  id uuid PRIMARY KEY,
  agreement_id uuid NOT NULL REFERENCES amana.agreement,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX team_by_agreement ON amana.team (agreement_id);

CREATE TABLE amana.team_agency (
  team_id uuid NOT NULL REFERENCES amana.team,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  PRIMARY KEY (team_id, agency_id)
);
CREATE INDEX team_agency_by_agency ON amana.team_agency (agency_id);

-- ── Intake: cases, exhibits, files ────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.case_file (
  id uuid PRIMARY KEY,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  number text NOT NULL,
  team_id uuid REFERENCES amana.team,
  closed boolean NOT NULL DEFAULT false,
  opened_by uuid NOT NULL REFERENCES amana.officer,
  opened_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (agency_id, number)
);

CREATE TABLE amana.exhibit (
  id uuid PRIMARY KEY,
  case_id uuid NOT NULL REFERENCES amana.case_file,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  team_id uuid REFERENCES amana.team,
  officer_id uuid NOT NULL REFERENCES amana.officer,
  number text NOT NULL,
  state text NOT NULL CHECK (state IN ('registered', 'uploading', 'stored', 'sealed', 'on-hold', 'disposal-proposed', 'disposed', 'quarantined')),
  facts jsonb NOT NULL,
  privileged boolean NOT NULL DEFAULT false,
  registration_sha256 bytea NOT NULL,
  manifest jsonb,
  manifest_sha256 bytea,
  supersedes uuid REFERENCES amana.exhibit,
  file_count integer NOT NULL,
  sealed_size_bytes bigint NOT NULL,
  registered_at timestamptz(3) NOT NULL DEFAULT now(),
  sealed_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  UNIQUE (case_id, number)
);
CREATE INDEX exhibit_by_agency ON amana.exhibit (agency_id, registered_at DESC, id DESC);
CREATE INDEX exhibit_listing ON amana.exhibit (registered_at DESC, id DESC);
CREATE INDEX exhibit_by_number ON amana.exhibit (number);

CREATE TABLE amana.evidence_file (
  id uuid PRIMARY KEY,
  exhibit_id uuid NOT NULL REFERENCES amana.exhibit,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  position integer NOT NULL,
  name text NOT NULL,
  name_base64 text,
  media_type text NOT NULL,
  size_bytes bigint NOT NULL,
  sealed_size_bytes bigint NOT NULL,
  state text NOT NULL DEFAULT 'announced' CHECK (state IN ('announced', 'uploading', 'stored')),
  upload_ref text,
  -- What the store was told to join, kept before it is told: after a crash it is told the same again.
  joined_parts jsonb,
  version_id text,
  retain_until timestamptz,
  sha256 bytea,
  chunk_tree_root bytea,
  leaves_version_id text,
  stored_at timestamptz,
  UNIQUE (exhibit_id, position)
);
-- Whether an exhibit still waits for a file is asked at every file stored: it must not cost more the more are there.
CREATE INDEX evidence_file_awaited ON amana.evidence_file (exhibit_id) WHERE state <> 'stored';

-- A file key wrapped to an agency: for the holder (no grant) or for a recipient (by a grant).
CREATE TABLE amana.file_key (
  file_id uuid NOT NULL REFERENCES amana.evidence_file,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  grant_id uuid,
  header bytea NOT NULL,
  UNIQUE NULLS NOT DISTINCT (file_id, agency_id, grant_id)
);

-- ── Sharing ───────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.evidence_grant (
  id uuid PRIMARY KEY,
  from_agency_id uuid NOT NULL REFERENCES amana.agency,
  to_agency_id uuid NOT NULL REFERENCES amana.agency,
  team_id uuid NOT NULL REFERENCES amana.team,
  agreement_id uuid NOT NULL REFERENCES amana.agreement,
  proposed_by uuid NOT NULL REFERENCES amana.officer,
  approved_by uuid REFERENCES amana.officer,
  accepted_by uuid REFERENCES amana.officer,
  purpose text NOT NULL,
  legal_basis text NOT NULL,
  clause text,
  necessity text,
  conditions text,
  undertaking text,
  reason text,
  state text NOT NULL CHECK (state IN ('proposed', 'approved', 'accepted', 'active', 'expired', 'revoked', 'refused')),
  proposed_at timestamptz(3) NOT NULL DEFAULT now(),
  valid_from timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1,
  CHECK (expires_at > valid_from),
  CHECK (from_agency_id <> to_agency_id),
  CHECK (approved_by IS DISTINCT FROM proposed_by)
);
CREATE INDEX grant_listing ON amana.evidence_grant (proposed_at DESC, id DESC);
CREATE INDEX grant_by_from ON amana.evidence_grant (from_agency_id);
CREATE INDEX grant_by_to ON amana.evidence_grant (to_agency_id);
CREATE INDEX grant_expiring ON amana.evidence_grant (expires_at) WHERE state IN ('proposed', 'approved', 'accepted', 'active');

CREATE TABLE amana.grant_exhibit (
  grant_id uuid NOT NULL REFERENCES amana.evidence_grant,
  exhibit_id uuid NOT NULL REFERENCES amana.exhibit,
  from_agency_id uuid NOT NULL,
  to_agency_id uuid NOT NULL,
  PRIMARY KEY (grant_id, exhibit_id)
);
CREATE INDEX grant_exhibit_by_exhibit ON amana.grant_exhibit (exhibit_id, to_agency_id);

ALTER TABLE amana.file_key ADD FOREIGN KEY (grant_id) REFERENCES amana.evidence_grant;

-- ── Retrieval ─────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.retrieval (
  id uuid PRIMARY KEY,
  exhibit_id uuid NOT NULL REFERENCES amana.exhibit,
  grant_id uuid REFERENCES amana.evidence_grant,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  officer_id uuid NOT NULL REFERENCES amana.officer,
  act text NOT NULL CHECK (act IN ('retrieve', 'export')),
  purpose text NOT NULL,
  authorised_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  cut_at timestamptz,
  receipt jsonb,
  received_at timestamptz
);
CREATE INDEX retrieval_by_officer ON amana.retrieval (officer_id, authorised_at DESC);
CREATE INDEX retrieval_by_exhibit ON amana.retrieval (exhibit_id);

-- ── Custody: the record ───────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.custody_event (
  id uuid PRIMARY KEY,
  chain_id uuid NOT NULL,
  case_seq bigint NOT NULL,
  exhibit_id uuid,
  exhibit_seq bigint,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  agency_ids uuid[] NOT NULL,
  states text[] NOT NULL,
  salt bytea,
  body bytea,
  commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
  UNIQUE (chain_id, case_seq),
  UNIQUE (exhibit_id, exhibit_seq)
);

-- What waits for the sequencer, in the order it was appended within each chain. Only the trigger below writes here: no event can be
-- recorded and not wait, nor wait twice, nor wait under another commitment.
CREATE TABLE amana.log_pending (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL
);

CREATE TABLE amana.log_entry (
  log_index bigint PRIMARY KEY,
  event_id uuid NOT NULL UNIQUE REFERENCES amana.custody_event,
  commitment bytea NOT NULL
);

-- One row: size and right edge of the tree; `epoch` fences a sequencer that lost its election.
CREATE TABLE amana.log_state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  size bigint NOT NULL,
  epoch bigint NOT NULL,
  edge bytea[] NOT NULL,
  root bytea NOT NULL
);
INSERT INTO amana.log_state (size, epoch, edge, root) VALUES (0, 0, '{}', sha256(''));

CREATE TABLE amana.log_checkpoint (
  size bigint PRIMARY KEY,
  note text NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now()
);

-- ── Outbox, idempotency ───────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  key text NOT NULL UNIQUE,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  dispatched_at timestamptz,
  done_at timestamptz
);
CREATE INDEX outbox_open ON amana.outbox (id) WHERE done_at IS NULL;

CREATE TABLE amana.idempotency (
  officer_id uuid NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  request_sha256 bytea NOT NULL,
  status integer NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (officer_id, key)
);

-- ── Audit ─────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE amana.review (
  id uuid PRIMARY KEY,
  rule text NOT NULL,
  event_id uuid NOT NULL REFERENCES amana.custody_event,
  event_kind text NOT NULL,
  exhibit_id uuid,
  states text[] NOT NULL,
  because text NOT NULL,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'claimed', 'dismissed', 'finding', 'closed')),
  claimed_by uuid REFERENCES amana.officer,
  outcome text CHECK (outcome IN ('dismissed', 'finding')),
  finding text,
  raised_at timestamptz(3) NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1,
  UNIQUE (rule, event_id)
);
CREATE INDEX review_listing ON amana.review (raised_at DESC, id DESC);

-- ── Functions that look past row-level security, owned by a role that can do nothing else ─────────────────────────
-- Whether a grant, in any state that the recipient may know of, reaches this exhibit for the asking agency.
CREATE FUNCTION amana.granted_to_me(wanted_exhibit uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (
    SELECT FROM amana.grant_exhibit link JOIN amana.evidence_grant g ON g.id = link.grant_id
    WHERE link.exhibit_id = wanted_exhibit AND link.to_agency_id = amana.my_agency()
      AND g.approved_by IS NOT NULL);

-- Whether a grant reaches this exhibit for the asking agency now: what has ended opens the record no longer.
CREATE FUNCTION amana.live_for_me(wanted_exhibit uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (
    SELECT FROM amana.grant_exhibit link JOIN amana.evidence_grant g ON g.id = link.grant_id
    WHERE link.exhibit_id = wanted_exhibit AND link.to_agency_id = amana.my_agency()
      AND g.state IN ('accepted', 'active') AND g.expires_at > now());

-- An agreement, its team and the team's members come into being together, by one of the parties; nobody joins a team afterwards.
CREATE FUNCTION amana.publish_agreement(
  agreement_id uuid, title text, instrument jsonb, valid_from timestamptz, valid_until timestamptz, team_id uuid, team_name text, parties uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF amana.my_agency() IS NULL OR NOT (amana.my_agency() = ANY (parties)) THEN
    RAISE EXCEPTION 'only a party publishes an agreement' USING ERRCODE = '42501';
  END IF;
  INSERT INTO amana.agreement (id, title, instrument, valid_from, valid_until) VALUES (agreement_id, title, instrument, valid_from, valid_until);
  INSERT INTO amana.team (id, agreement_id, name) VALUES (team_id, agreement_id, team_name);
  INSERT INTO amana.team_agency (team_id, agency_id) SELECT publish_agreement.team_id, p FROM unnest(parties) AS p;
END $$;

-- Whether the asking agency is a party of this team.
CREATE FUNCTION amana.my_team(wanted_team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.team_agency WHERE team_id = wanted_team AND agency_id = amana.my_agency());

CREATE FUNCTION amana.state_of(wanted_agency uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN (SELECT state FROM amana.agency WHERE id = wanted_agency);

-- Takes chains for an append, until the transaction ends, and gives their ends, whoever may see them: an append names the last
-- commitment even where it may not read the event. The locks are taken in one order, so that no two appends wait in a circle; the ends
-- are read by a statement after them, which sees what those waited for have committed.
CREATE FUNCTION amana.take_chains(chains uuid[], exhibits uuid[]) RETURNS TABLE (scope text, id uuid, seq bigint, commitment bytea)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(ordered.place) FROM (
    SELECT DISTINCT hashtextextended(wanted.id::text, 0) AS place FROM unnest(chains || exhibits) AS wanted(id) ORDER BY 1
  ) AS ordered;
  RETURN QUERY
    SELECT 'chain', c.id, e.case_seq, e.commitment FROM unnest(chains) AS c(id) CROSS JOIN LATERAL (
      SELECT case_seq, commitment FROM amana.custody_event WHERE chain_id = c.id ORDER BY case_seq DESC LIMIT 1) AS e
    UNION ALL
    SELECT 'exhibit', x.id, e.exhibit_seq, e.commitment FROM unnest(exhibits) AS x(id) CROSS JOIN LATERAL (
      SELECT exhibit_seq, commitment FROM amana.custody_event WHERE exhibit_id = x.id ORDER BY exhibit_seq DESC LIMIT 1) AS e;
END $$;

CREATE FUNCTION amana.log_enqueue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO amana.log_pending (event_id) SELECT id FROM added ORDER BY chain_id, case_seq;
  RETURN NULL;
END $$;
CREATE TRIGGER enqueue AFTER INSERT ON amana.custody_event REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION amana.log_enqueue();

-- The only way into the log: contiguous, fenced, each pending event once. Raises when the fence or the size has moved.
CREATE FUNCTION amana.log_commit(
  held_epoch bigint, old_size bigint, positions bigint[], new_edge bytea[], new_root bytea
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE amana.log_state SET size = old_size + cardinality(positions), edge = new_edge, root = new_root
    WHERE size = old_size AND epoch = held_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'log fence: size or epoch has moved' USING ERRCODE = 'AM001';
  END IF;
  WITH taken AS (
    DELETE FROM amana.log_pending p USING unnest(positions) WITH ORDINALITY AS o(position, ordinal)
    WHERE p.position = o.position RETURNING p.event_id, o.ordinal
  )
  INSERT INTO amana.log_entry (log_index, event_id, commitment)
    SELECT old_size + t.ordinal - 1, t.event_id, e.commitment FROM taken t JOIN amana.custody_event e ON e.id = t.event_id;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> cardinality(positions) THEN
    RAISE EXCEPTION 'log fence: % of % pending events were there', moved, cardinality(positions) USING ERRCODE = 'AM001';
  END IF;
  RETURN old_size + moved;
END $$;

-- A sequencer takes office: the epoch it gets fences every earlier one.
CREATE FUNCTION amana.log_take_office() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
  AS $$ UPDATE amana.log_state SET epoch = epoch + 1 RETURNING epoch $$;

-- The only way to publish a checkpoint: by who holds office, over what is committed, and larger than every one before.
CREATE FUNCTION amana.log_publish(held_epoch bigint, new_size bigint, new_note text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  PERFORM FROM amana.log_state WHERE epoch = held_epoch AND size >= new_size FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'log fence: size or epoch has moved' USING ERRCODE = 'AM001';
  END IF;
  IF EXISTS (SELECT FROM amana.log_checkpoint WHERE size >= new_size) THEN
    RAISE EXCEPTION 'log fence: a checkpoint of % or more is published', new_size USING ERRCODE = 'AM001';
  END IF;
  INSERT INTO amana.log_checkpoint (size, note) VALUES (new_size, new_note);
END $$;

DO $$
DECLARE signature text;
BEGIN
  FOREACH signature IN ARRAY ARRAY['granted_to_me(uuid)', 'live_for_me(uuid)', 'my_team(uuid)',
    'publish_agreement(uuid, text, jsonb, timestamptz, timestamptz, uuid, text, uuid[])', 'state_of(uuid)', 'take_chains(uuid[], uuid[])',
    'log_enqueue()', 'log_commit(bigint, bigint, bigint[], bytea[], bytea)', 'log_take_office()', 'log_publish(bigint, bigint, text)'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION amana.publish_agreement(uuid, text, jsonb, timestamptz, timestamptz, uuid, text, uuid[]) TO amana_app;
GRANT INSERT ON amana.agreement, amana.team, amana.team_agency TO amana_definer;
GRANT EXECUTE ON FUNCTION amana.granted_to_me(uuid), amana.live_for_me(uuid), amana.my_team(uuid), amana.state_of(uuid), amana.take_chains(uuid[], uuid[])
  TO amana_app, amana_worker;
GRANT EXECUTE ON FUNCTION amana.log_commit(bigint, bigint, bigint[], bytea[], bytea), amana.log_take_office(),
  amana.log_publish(bigint, bigint, text) TO amana_worker;
GRANT SELECT ON amana.agency, amana.team_agency, amana.grant_exhibit, amana.evidence_grant, amana.custody_event TO amana_definer;
GRANT SELECT, INSERT ON amana.log_entry, amana.log_checkpoint TO amana_definer;
GRANT SELECT, INSERT, DELETE ON amana.log_pending TO amana_definer;
GRANT SELECT, UPDATE ON amana.log_state TO amana_definer;
REVOKE CREATE ON SCHEMA amana FROM amana_definer;

-- ── What each role may do ─────────────────────────────────────────────────────────────────────────────────────────
-- Nobody but the owner may update or delete the record; nobody writes the log but the functions above, which the worker may call.
GRANT SELECT, INSERT ON amana.custody_event TO amana_app, amana_worker;
GRANT SELECT ON amana.log_entry, amana.log_checkpoint TO amana_app, amana_worker;
GRANT SELECT ON amana.log_pending, amana.log_state TO amana_worker;

GRANT SELECT ON amana.agency, amana.officer, amana.agreement, amana.team, amana.team_agency TO amana_app, amana_worker;
GRANT INSERT ON amana.agency, amana.officer TO amana_worker;
GRANT UPDATE (statement, key_epoch) ON amana.agency TO amana_app;
GRANT UPDATE (key_state, signing_key, signing_kid, recipient, certificate) ON amana.officer TO amana_app;
GRANT SELECT, INSERT, UPDATE (wrapped_keys) ON amana.agency_key_bundle TO amana_app;

GRANT SELECT, INSERT ON amana.case_file TO amana_app, amana_worker;
GRANT SELECT, INSERT ON amana.exhibit TO amana_app;
GRANT UPDATE (state, manifest, manifest_sha256, version) ON amana.exhibit TO amana_app;
GRANT SELECT ON amana.exhibit TO amana_worker;
GRANT UPDATE (state, manifest, sealed_at, version) ON amana.exhibit TO amana_worker;
GRANT SELECT, INSERT ON amana.evidence_file TO amana_app;
GRANT UPDATE (state, upload_ref, joined_parts, version_id, retain_until, sha256, chunk_tree_root, stored_at) ON amana.evidence_file TO amana_app;
GRANT SELECT ON amana.evidence_file TO amana_worker;
GRANT UPDATE (leaves_version_id, upload_ref, joined_parts, state) ON amana.evidence_file TO amana_worker;
GRANT SELECT, INSERT ON amana.file_key TO amana_app;

GRANT SELECT, INSERT ON amana.evidence_grant, amana.grant_exhibit TO amana_app;
GRANT UPDATE (state, approved_by, accepted_by, undertaking, reason, version) ON amana.evidence_grant TO amana_app;
GRANT SELECT ON amana.evidence_grant, amana.grant_exhibit TO amana_worker;
GRANT UPDATE (state, version) ON amana.evidence_grant TO amana_worker;
GRANT SELECT, INSERT ON amana.retrieval TO amana_app;
GRANT UPDATE (cut_at, receipt, received_at) ON amana.retrieval TO amana_app;
GRANT SELECT ON amana.retrieval TO amana_worker;

GRANT INSERT ON amana.outbox TO amana_app, amana_worker;
GRANT SELECT, UPDATE (dispatched_at, done_at) ON amana.outbox TO amana_worker;
GRANT SELECT, INSERT ON amana.idempotency TO amana_app;
GRANT SELECT, INSERT ON amana.review TO amana_worker;
GRANT SELECT ON amana.review TO amana_app;
GRANT UPDATE (state, claimed_by, outcome, finding, version) ON amana.review TO amana_app;

-- ── Row-level security: the second wall ───────────────────────────────────────────────────────────────────────────
DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['agency_key_bundle', 'agreement', 'team', 'team_agency', 'case_file', 'exhibit', 'evidence_file', 'file_key',
    'evidence_grant', 'grant_exhibit', 'retrieval', 'custody_event', 'review'] LOOP
    EXECUTE format('ALTER TABLE amana.%I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE amana.%I FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY worker_sees_all ON amana.%I TO amana_worker USING (true) WITH CHECK (true)', walled);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY['team_agency', 'grant_exhibit', 'evidence_grant', 'custody_event'] LOOP
    EXECUTE format('CREATE POLICY definer_looks ON amana.%I FOR SELECT TO amana_definer USING (true)', walled);
  END LOOP;
END $$;

CREATE POLICY own_agency ON amana.agency_key_bundle TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
CREATE POLICY parties_read ON amana.team FOR SELECT TO amana_app USING (amana.my_team(id));
CREATE POLICY parties_read ON amana.team_agency FOR SELECT TO amana_app USING (amana.my_team(team_id));
CREATE POLICY parties_read ON amana.agreement FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.team t WHERE t.agreement_id = agreement.id));
CREATE POLICY publish ON amana.agreement FOR INSERT TO amana_definer WITH CHECK (true);
CREATE POLICY publish ON amana.team FOR INSERT TO amana_definer WITH CHECK (true);
CREATE POLICY publish ON amana.team_agency FOR INSERT TO amana_definer WITH CHECK (true);

CREATE POLICY holder ON amana.case_file TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
CREATE POLICY recipient_reads ON amana.case_file FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.exhibit e WHERE e.case_id = case_file.id));

CREATE POLICY holder ON amana.exhibit TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
CREATE POLICY recipient_reads ON amana.exhibit FOR SELECT TO amana_app USING (amana.granted_to_me(id));
CREATE POLICY oversight_reads ON amana.exhibit FOR SELECT TO amana_app USING (amana.state_of(agency_id) = amana.my_oversight_state());

CREATE POLICY holder ON amana.evidence_file TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
CREATE POLICY recipient_reads ON amana.evidence_file FOR SELECT TO amana_app USING (amana.granted_to_me(exhibit_id));
CREATE POLICY oversight_reads ON amana.evidence_file FOR SELECT TO amana_app USING (amana.state_of(agency_id) = amana.my_oversight_state());

CREATE POLICY reader ON amana.file_key FOR SELECT TO amana_app USING (agency_id = amana.my_agency());
CREATE POLICY wrapper ON amana.file_key FOR INSERT TO amana_app
  WITH CHECK (EXISTS (SELECT FROM amana.evidence_file f WHERE f.id = file_id AND f.agency_id = amana.my_agency()));

CREATE POLICY sender ON amana.evidence_grant TO amana_app
  USING (from_agency_id = amana.my_agency()) WITH CHECK (from_agency_id = amana.my_agency());
CREATE POLICY recipient_reads ON amana.evidence_grant FOR SELECT TO amana_app
  USING (to_agency_id = amana.my_agency() AND approved_by IS NOT NULL);
CREATE POLICY recipient_answers ON amana.evidence_grant FOR UPDATE TO amana_app
  USING (to_agency_id = amana.my_agency() AND state = 'approved')
  WITH CHECK (to_agency_id = amana.my_agency() AND approved_by IS NOT NULL AND state IN ('accepted', 'active', 'refused'));
CREATE POLICY oversight_reads ON amana.evidence_grant FOR SELECT TO amana_app
  USING (amana.my_oversight_state() IN (amana.state_of(from_agency_id), amana.state_of(to_agency_id)));

CREATE POLICY sender ON amana.grant_exhibit TO amana_app
  USING (from_agency_id = amana.my_agency())
  WITH CHECK (from_agency_id = amana.my_agency() AND EXISTS (SELECT FROM amana.exhibit e WHERE e.id = exhibit_id AND e.agency_id = amana.my_agency()));
CREATE POLICY recipient_reads ON amana.grant_exhibit FOR SELECT TO amana_app
  USING (to_agency_id = amana.my_agency() AND amana.granted_to_me(exhibit_id));

CREATE POLICY own_agency ON amana.retrieval TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());

CREATE POLICY entitled_read ON amana.custody_event FOR SELECT TO amana_app
  USING (amana.my_agency() = ANY (agency_ids) OR amana.my_oversight_state() = ANY (states)
    OR (exhibit_id IS NOT NULL AND amana.live_for_me(exhibit_id)));
-- Events of several agencies may be committed as one group; an append changes nothing that is there.
CREATE POLICY append ON amana.custody_event FOR INSERT TO amana_app WITH CHECK (true);

CREATE POLICY oversight ON amana.review TO amana_app
  USING (amana.my_oversight_state() = ANY (states)) WITH CHECK (amana.my_oversight_state() = ANY (states));

-- The directory is read by all; each agency changes its own part alone. Not forced on the owner, who keeps it.
ALTER TABLE amana.agency ENABLE ROW LEVEL SECURITY;
ALTER TABLE amana.officer ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone_reads ON amana.agency FOR SELECT USING (true);
CREATE POLICY everyone_reads ON amana.officer FOR SELECT USING (true);
CREATE POLICY own_agency ON amana.agency FOR UPDATE TO amana_app USING (id = amana.my_agency()) WITH CHECK (id = amana.my_agency());
CREATE POLICY own_agency ON amana.officer FOR UPDATE TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
CREATE POLICY invite ON amana.agency FOR INSERT TO amana_worker WITH CHECK (true);
CREATE POLICY invite ON amana.officer FOR INSERT TO amana_worker WITH CHECK (true);

-- An officer's kept answers are theirs.
ALTER TABLE amana.idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE amana.idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY own_answers ON amana.idempotency TO amana_app
  USING (officer_id = amana.my_officer()) WITH CHECK (officer_id = amana.my_officer());
