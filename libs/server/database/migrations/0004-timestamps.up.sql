-- ── Time: RFC 3161 tokens over heads of the log and over sealed manifests, each verified before it is kept ─────────
-- Public, as heads are. A head may be stamped once; `origin` too, because a log that follows another begins with size 0 again.
CREATE TABLE amana.log_timestamp (
  origin text NOT NULL,
  size bigint NOT NULL,
  -- The signed note exactly as stamped, with the cosignatures that it had then.
  note text NOT NULL,
  token bytea NOT NULL,
  gen_time timestamptz(3) NOT NULL,
  tsa text NOT NULL,
  -- RFC 4998, from the first renewal on: holds the token and every one after it.
  evidence_record bytea,
  -- The earliest end of the certificates that the last token rests on: to be renewed before.
  valid_until timestamptz NOT NULL,
  stamped_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (origin, size)
);
CREATE INDEX log_timestamp_ending ON amana.log_timestamp (valid_until);
CREATE INDEX log_timestamp_stamped ON amana.log_timestamp (stamped_at DESC);
GRANT SELECT ON amana.log_timestamp TO amana_app, amana_worker;
GRANT INSERT, UPDATE (evidence_record, valid_until) ON amana.log_timestamp TO amana_worker;

CREATE TABLE amana.manifest_timestamp (
  exhibit_id uuid PRIMARY KEY REFERENCES amana.exhibit,
  manifest_sha256 bytea NOT NULL CHECK (octet_length(manifest_sha256) = 32),
  token bytea NOT NULL,
  gen_time timestamptz(3) NOT NULL,
  tsa text NOT NULL,
  evidence_record bytea,
  valid_until timestamptz NOT NULL,
  stamped_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX manifest_timestamp_ending ON amana.manifest_timestamp (valid_until);
GRANT SELECT ON amana.manifest_timestamp TO amana_app, amana_worker;
GRANT INSERT, UPDATE (evidence_record, valid_until) ON amana.manifest_timestamp TO amana_worker;
ALTER TABLE amana.manifest_timestamp ENABLE ROW LEVEL SECURITY;
ALTER TABLE amana.manifest_timestamp FORCE ROW LEVEL SECURITY;
CREATE POLICY worker_sees_all ON amana.manifest_timestamp TO amana_worker USING (true) WITH CHECK (true);
CREATE POLICY as_the_exhibit ON amana.manifest_timestamp FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.exhibit e WHERE e.id = exhibit_id));

-- Manifests that wait for their token: filled in the transaction that seals, so that none is forgotten.
CREATE TABLE amana.manifest_unstamped (
  exhibit_id uuid PRIMARY KEY REFERENCES amana.exhibit,
  manifest_sha256 bytea NOT NULL,
  sealed_at timestamptz NOT NULL
);
CREATE INDEX manifest_unstamped_order ON amana.manifest_unstamped (sealed_at);
GRANT SELECT, DELETE ON amana.manifest_unstamped TO amana_worker;

CREATE FUNCTION amana.await_timestamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO amana.manifest_unstamped (exhibit_id, manifest_sha256, sealed_at)
    VALUES (NEW.id, NEW.manifest_sha256, NEW.sealed_at) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
DO $$
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  ALTER FUNCTION amana.await_timestamp() OWNER TO amana_definer;
  REVOKE ALL ON FUNCTION amana.await_timestamp() FROM PUBLIC;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT SELECT, INSERT ON amana.manifest_unstamped TO amana_definer;
CREATE TRIGGER await_timestamp AFTER UPDATE OF sealed_at ON amana.exhibit FOR EACH ROW
  WHEN (OLD.sealed_at IS NULL AND NEW.sealed_at IS NOT NULL AND NEW.manifest_sha256 IS NOT NULL)
  EXECUTE FUNCTION amana.await_timestamp();

-- What was sealed before.
ALTER TABLE amana.exhibit NO FORCE ROW LEVEL SECURITY;
INSERT INTO amana.manifest_unstamped (exhibit_id, manifest_sha256, sealed_at)
  SELECT id, manifest_sha256, sealed_at FROM amana.exhibit WHERE sealed_at IS NOT NULL AND manifest_sha256 IS NOT NULL;
ALTER TABLE amana.exhibit FORCE ROW LEVEL SECURITY;
