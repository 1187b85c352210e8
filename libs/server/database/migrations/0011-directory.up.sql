-- ── Agencies: what each is competent for, and how it is reached ───────────────────────────────────────────────────
-- Where each competence comes from, the domain's list says.
ALTER TABLE amana.agency ALTER COLUMN contact SET DEFAULT '';
ALTER TABLE amana.agency
  ADD COLUMN competences text[] NOT NULL DEFAULT '{}',
  ADD COLUMN contact_points jsonb NOT NULL DEFAULT '[]',
  -- The agency's word, under its keys of before, for those it has now; null of first keys.
  ADD COLUMN succession jsonb,
  -- Since when keys are in use that somebody had who has left; null when nobody has.
  ADD COLUMN rotation_due_since timestamptz(3);

CREATE FUNCTION amana.languages_of(points jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(SELECT DISTINCT lower(spoken) FROM jsonb_array_elements(points) AS p, jsonb_array_elements_text(p -> 'languages') AS spoken ORDER BY 1);
-- Words as they are searched for: of an address its parts too.
CREATE FUNCTION amana.words_of(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN to_tsvector('simple', said) || to_tsvector('simple', translate(said, '@.-_/', '     '));
CREATE FUNCTION amana.agency_words(state text, name text, kind text, contact text, points jsonb) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN amana.words_of(concat_ws(' ', state, name, kind, contact,
    (SELECT string_agg(concat_ws(' ', p ->> 'name', p ->> 'role', p ->> 'email'), ' ') FROM jsonb_array_elements(points) AS p)));
-- Whether any of the contact points is open at this moment, by its own clock.
CREATE FUNCTION amana.open_at(points jsonb, at timestamptz) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN EXISTS (SELECT FROM jsonb_array_elements(points) AS p WHERE p -> 'hours' ->> 'kind' = 'always' OR EXISTS (
    SELECT FROM jsonb_array_elements(p -> 'hours' -> 'spans') AS s, LATERAL (SELECT at AT TIME ZONE (p -> 'hours' ->> 'timeZone') AS wall) AS clock
    WHERE s -> 'days' @> to_jsonb(extract(isodow FROM clock.wall)::integer)
      AND to_char(clock.wall, 'HH24:MI') >= s ->> 'from' AND to_char(clock.wall, 'HH24:MI') < s ->> 'until'));

ALTER TABLE amana.agency
  ADD COLUMN languages text[] GENERATED ALWAYS AS (amana.languages_of(contact_points)) STORED,
  ADD COLUMN search tsvector GENERATED ALWAYS AS (amana.agency_words(state, name, kind, contact, contact_points)) STORED;
CREATE INDEX agency_listing ON amana.agency (state, name);
CREATE INDEX agency_by_words ON amana.agency USING gin (search) WITH (fastupdate = off);
CREATE INDEX agency_by_competence ON amana.agency USING gin (competences) WITH (fastupdate = off);
CREATE INDEX agency_by_language ON amana.agency USING gin (languages) WITH (fastupdate = off);

-- ── Keys of agencies through time: never taken away, what was signed with them goes on verifying ──────────────────
CREATE TABLE amana.agency_key (
  agency_id uuid NOT NULL REFERENCES amana.agency,
  epoch integer NOT NULL CHECK (epoch > 0),
  statement jsonb NOT NULL,
  succession jsonb,
  since timestamptz(3) NOT NULL DEFAULT now(),
  until timestamptz(3),
  PRIMARY KEY (agency_id, epoch)
);
INSERT INTO amana.agency_key (agency_id, epoch, statement, since)
  SELECT id, key_epoch, statement, created_at FROM amana.agency WHERE statement IS NOT NULL;
GRANT SELECT ON amana.agency_key TO amana_app, amana_worker;

-- ── Officers: who leaves, and certificates through time ───────────────────────────────────────────────────────────
-- Who was added by address alone has no subject until they sign in. Who has left may come back, here or elsewhere, as another officer.
ALTER TABLE amana.officer ALTER COLUMN subject DROP NOT NULL;
ALTER TABLE amana.officer ADD COLUMN left_at timestamptz(3), ADD COLUMN left_because text;
ALTER TABLE amana.officer DROP CONSTRAINT officer_issuer_subject_key, DROP CONSTRAINT officer_email_key;
CREATE UNIQUE INDEX officer_by_subject ON amana.officer (issuer, subject) WHERE left_at IS NULL;
CREATE UNIQUE INDEX officer_by_address ON amana.officer (lower(email)) WHERE left_at IS NULL;
ALTER TABLE amana.officer ADD COLUMN search tsvector GENERATED ALWAYS AS (amana.words_of(name || ' ' || email)) STORED;
DROP INDEX amana.officer_by_agency;
CREATE INDEX officer_by_agency ON amana.officer (agency_id, email, id);
CREATE INDEX officer_by_words ON amana.officer USING gin (search) WITH (fastupdate = off);

CREATE TABLE amana.officer_certificate (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  officer_id uuid NOT NULL REFERENCES amana.officer,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  kid text,
  certificate jsonb NOT NULL,
  since timestamptz(3) NOT NULL DEFAULT now(),
  until timestamptz(3)
);
CREATE INDEX officer_certificate_of ON amana.officer_certificate (officer_id, since DESC);
CREATE UNIQUE INDEX officer_certificate_in_use ON amana.officer_certificate (officer_id) WHERE until IS NULL;
INSERT INTO amana.officer_certificate (officer_id, agency_id, kid, certificate, since)
  SELECT id, agency_id, signing_kid, certificate, created_at FROM amana.officer WHERE key_state = 'certified' AND certificate IS NOT NULL;
GRANT SELECT ON amana.officer_certificate TO amana_app, amana_worker;

-- ── Invitations: how an agency comes in ───────────────────────────────────────────────────────────────────────────
-- What the agency and its first administrator will be is said by who invites; the token is known to who was invited alone.
CREATE TABLE amana.invitation (
  id uuid PRIMARY KEY,
  token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
  agency_id uuid NOT NULL UNIQUE,
  officer_id uuid NOT NULL UNIQUE,
  state text NOT NULL CHECK (state ~ '^[A-Z]{2}$'),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('border', 'investigation', 'prosecution', 'court', 'oversight')),
  competences text[] NOT NULL,
  email text NOT NULL,
  -- Both null of an invitation by who keeps the platform.
  invited_by uuid REFERENCES amana.officer,
  inviting_agency uuid REFERENCES amana.agency,
  invited_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  accepted_at timestamptz(3),
  CHECK (num_nulls(invited_by, inviting_agency) IN (0, 2)),
  CHECK (expires_at > invited_at AND expires_at <= invited_at + interval '30 days')
);
CREATE INDEX invitation_listing ON amana.invitation (invited_at DESC, id DESC);

-- ── File keys: since when each is wrapped as it is ────────────────────────────────────────────────────────────────
ALTER TABLE amana.file_key ADD COLUMN wrapped_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX file_key_by_holder ON amana.file_key (agency_id, wrapped_at);

-- ── Functions ─────────────────────────────────────────────────────────────────────────────────────────────────────
-- Whether who acts administers the agency they act for.
CREATE FUNCTION amana.administers_agency() RETURNS boolean LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM amana.officer o WHERE o.id = amana.my_officer() AND o.agency_id = amana.my_agency()
    AND 'agency-admin' = ANY (o.roles) AND o.left_at IS NULL);

-- Whether who acts may invite agencies of this state: an authority of the state itself, with oversight of it or its central authority.
CREATE FUNCTION amana.may_invite(wanted_state text) RETURNS boolean LANGUAGE sql STABLE
  RETURN amana.administers_agency() AND EXISTS (SELECT FROM amana.agency a JOIN amana.officer o ON o.agency_id = a.id
    WHERE a.id = amana.my_agency() AND a.state = wanted_state AND (a.kind = 'oversight' OR 'central-authority' = ANY (a.competences))
      AND o.id = amana.my_officer() AND o.key_state = 'certified');

-- Keys follow each other one by one, the later ones with the word of those before, by who administers the agency.
CREATE FUNCTION amana.refuse_broken_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.statement IS NOT NULL AND amana.my_agency() IS NOT NULL AND (NOT amana.administers_agency()
      OR NEW.key_epoch <> OLD.key_epoch + 1 OR (NEW.succession IS NULL) <> (OLD.statement IS NULL)) THEN
    RAISE EXCEPTION 'agency: keys do not follow those before' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keys_follow BEFORE UPDATE OF statement, key_epoch, succession ON amana.agency FOR EACH ROW
  WHEN (NEW.statement IS DISTINCT FROM OLD.statement OR NEW.key_epoch <> OLD.key_epoch) EXECUTE FUNCTION amana.refuse_broken_keys();

CREATE FUNCTION amana.keep_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE amana.agency_key SET until = now() WHERE agency_id = NEW.id AND until IS NULL AND epoch < NEW.key_epoch;
  INSERT INTO amana.agency_key (agency_id, epoch, statement, succession) VALUES (NEW.id, NEW.key_epoch, NEW.statement, NEW.succession)
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_first_keys AFTER INSERT ON amana.agency FOR EACH ROW
  WHEN (NEW.statement IS NOT NULL AND NEW.key_epoch > 0) EXECUTE FUNCTION amana.keep_keys();
CREATE TRIGGER keep_keys AFTER UPDATE OF statement ON amana.agency FOR EACH ROW
  WHEN (NEW.statement IS NOT NULL AND NEW.key_epoch > 0 AND NEW.statement IS DISTINCT FROM OLD.statement) EXECUTE FUNCTION amana.keep_keys();

-- Nobody gives themselves roles; who has left stays away; an administrator, or the officer, says that they leave.
CREATE FUNCTION amana.refuse_own_making() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF amana.my_agency() IS NOT NULL AND (OLD.left_at IS NOT NULL
      OR (NEW.roles IS DISTINCT FROM OLD.roles AND (NEW.id = amana.my_officer() OR NOT amana.administers_agency()))
      OR (NEW.left_at IS DISTINCT FROM OLD.left_at AND NEW.id IS DISTINCT FROM amana.my_officer() AND NOT amana.administers_agency())) THEN
    RAISE EXCEPTION 'officer: not for who acts to change' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER made_by_others BEFORE UPDATE ON amana.officer FOR EACH ROW EXECUTE FUNCTION amana.refuse_own_making();

-- A certificate that is taken away, or follows another, ends the one there was; none is forgotten.
CREATE FUNCTION amana.keep_certificate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  UPDATE amana.officer_certificate SET until = now() WHERE officer_id = NEW.id AND until IS NULL
    AND (NEW.key_state <> 'certified' OR certificate IS DISTINCT FROM NEW.certificate);
  IF NEW.key_state = 'certified' AND NEW.certificate IS NOT NULL
    AND NOT EXISTS (SELECT FROM amana.officer_certificate WHERE officer_id = NEW.id AND until IS NULL) THEN
    INSERT INTO amana.officer_certificate (officer_id, agency_id, kid, certificate) VALUES (NEW.id, NEW.agency_id, NEW.signing_kid, NEW.certificate);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_certificate AFTER INSERT OR UPDATE OF key_state, certificate ON amana.officer
  FOR EACH ROW EXECUTE FUNCTION amana.keep_certificate();

-- What an invitation says, to who has its token while it is open.
CREATE FUNCTION amana.open_invitation(token bytea) RETURNS SETOF amana.invitation LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT * FROM amana.invitation WHERE token_sha256 = sha256(token) AND accepted_at IS NULL AND expires_at > now()
$$;

-- The only way in: takes an open invitation, once, for who its address is of, and makes the agency and its first administrator of it.
CREATE FUNCTION amana.accept_invitation(token bytea, said_issuer text, said_subject text, said_email text, said_name text) RETURNS SETOF amana.invitation
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  taken amana.invitation;
BEGIN
  UPDATE amana.invitation SET accepted_at = now()
    WHERE token_sha256 = sha256(token) AND accepted_at IS NULL AND expires_at > now() AND lower(email) = lower(said_email)
      AND agency_id = amana.my_agency() AND officer_id = amana.my_officer()
    RETURNING * INTO taken;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  INSERT INTO amana.agency (id, state, name, kind, competences) VALUES (taken.agency_id, taken.state, taken.name, taken.kind, taken.competences);
  INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles)
    VALUES (taken.officer_id, taken.agency_id, said_issuer, said_subject, taken.email, said_name, '{agency-admin}');
  RETURN NEXT taken;
END $$;

-- Who was added by address is from now on who signs in with it: once.
CREATE FUNCTION amana.bind_officer(said_issuer text, said_subject text, said_email text) RETURNS TABLE (id uuid, agency_id uuid)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE amana.officer o SET subject = said_subject
    WHERE o.issuer = said_issuer AND lower(o.email) = lower(said_email) AND o.subject IS NULL AND o.left_at IS NULL
    RETURNING o.id, o.agency_id
$$;

DO $$
DECLARE signature text;
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  FOREACH signature IN ARRAY ARRAY['keep_keys()', 'keep_certificate()', 'open_invitation(bytea)',
    'accept_invitation(bytea, text, text, text, text)', 'bind_officer(text, text, text)'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT EXECUTE ON FUNCTION amana.open_invitation(bytea), amana.accept_invitation(bytea, text, text, text, text),
  amana.bind_officer(text, text, text) TO amana_app;

-- ── What each role may do, and the second wall ────────────────────────────────────────────────────────────────────
GRANT SELECT, INSERT, UPDATE (until) ON amana.agency_key TO amana_definer;
GRANT SELECT, INSERT, UPDATE (until) ON amana.officer_certificate TO amana_definer;
GRANT SELECT, UPDATE (accepted_at) ON amana.invitation TO amana_definer;
GRANT INSERT ON amana.agency TO amana_definer;
GRANT SELECT, INSERT, UPDATE (subject) ON amana.officer TO amana_definer;
CREATE POLICY by_invitation ON amana.agency FOR INSERT TO amana_definer WITH CHECK (true);
CREATE POLICY by_invitation ON amana.officer FOR INSERT TO amana_definer WITH CHECK (true);
CREATE POLICY bind ON amana.officer FOR UPDATE TO amana_definer USING (subject IS NULL) WITH CHECK (subject IS NOT NULL);

GRANT UPDATE (succession, competences, contact, contact_points, rotation_due_since) ON amana.agency TO amana_app;
GRANT INSERT (id, agency_id, issuer, subject, email, name, roles), UPDATE (roles, left_at, left_because) ON amana.officer TO amana_app;
CREATE POLICY administrator_adds ON amana.officer FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND amana.administers_agency() AND key_state = 'none' AND left_at IS NULL);

GRANT UPDATE (header, wrapped_at) ON amana.file_key TO amana_app;
CREATE POLICY administrator_rewraps ON amana.file_key FOR UPDATE TO amana_app
  USING (agency_id = amana.my_agency() AND (SELECT amana.administers_agency())) WITH CHECK (agency_id = amana.my_agency());

GRANT SELECT, INSERT ON amana.invitation TO amana_app, amana_worker;
ALTER TABLE amana.invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE amana.invitation FORCE ROW LEVEL SECURITY;
CREATE POLICY worker_sees_all ON amana.invitation TO amana_worker USING (true) WITH CHECK (true);
CREATE POLICY definer_takes ON amana.invitation TO amana_definer USING (true) WITH CHECK (true);
CREATE POLICY own_invitations ON amana.invitation FOR SELECT TO amana_app USING (inviting_agency = amana.my_agency());
CREATE POLICY authority_invites ON amana.invitation FOR INSERT TO amana_app
  WITH CHECK (inviting_agency = amana.my_agency() AND invited_by = amana.my_officer() AND accepted_at IS NULL AND amana.may_invite(state));
