-- ── What an agreement says beyond its purposes and clauses ────────────────────────────────────────────────────────
CREATE FUNCTION amana.third_states_of(instrument jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(SELECT jsonb_array_elements_text(coalesce(amana.signed_payload(instrument) -> 'thirdStates', '[]')));
CREATE FUNCTION amana.administrators_of(instrument jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(SELECT (named ->> 'officerId')::uuid
    FROM jsonb_array_elements(coalesce(amana.signed_payload(instrument) -> 'administrators', '[]')) AS named);
-- SHA-256 of the signed bytes: how other documents name this text.
CREATE FUNCTION amana.payload_sha256_of(instrument jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN sha256(decode(rpad(translate(instrument ->> 'payload', '-_', '+/'), (length(instrument ->> 'payload') + 3) / 4 * 4, '='), 'base64'));

ALTER TABLE amana.agreement
  ADD COLUMN third_states text[] GENERATED ALWAYS AS (amana.third_states_of(instrument)) STORED,
  ADD COLUMN administrators uuid[] GENERATED ALWAYS AS (amana.administrators_of(instrument)) STORED,
  ADD COLUMN payload_sha256 bytea GENERATED ALWAYS AS (amana.payload_sha256_of(instrument)) STORED;

-- ── Negotiation: every text that was laid before the parties, and who signed it ───────────────────────────────────
-- The one of the greatest revision is on the table until every party has signed it. None is ever taken away.
CREATE TABLE amana.agreement_text (
  agreement_id uuid NOT NULL,
  revision integer NOT NULL CHECK (revision > 0),
  parties uuid[] NOT NULL CHECK (cardinality(parties) >= 2),
  payload bytea NOT NULL,
  -- Digest of the text in force that this one would replace; null of a first text.
  predecessor bytea,
  signatures jsonb NOT NULL DEFAULT '[]',
  drafted_by uuid NOT NULL REFERENCES amana.officer,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  drafted_at timestamptz(3) NOT NULL DEFAULT now(),
  completed_at timestamptz(3),
  PRIMARY KEY (agreement_id, revision)
);
CREATE INDEX agreement_text_by_party ON amana.agreement_text USING gin (parties);

-- ── Where a party stands: none said is that it stands to what it signed ───────────────────────────────────────────
CREATE TABLE amana.agreement_stance (
  agreement_id uuid NOT NULL REFERENCES amana.agreement,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  stance text NOT NULL CHECK (stance IN ('standing', 'suspended', 'ended')),
  reason text NOT NULL,
  -- The agency's own signed word for it, and its digest, which the next one names.
  statement jsonb NOT NULL,
  statement_sha256 bytea NOT NULL,
  since timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (agreement_id, agency_id)
);

-- ── Leaders and administrators that agencies appoint beside those the agreement names ─────────────────────────────
CREATE TABLE amana.team_appointment (
  team_id uuid NOT NULL REFERENCES amana.team,
  officer_id uuid NOT NULL REFERENCES amana.officer,
  role text NOT NULL CHECK (role IN ('leader', 'administrator')),
  agency_id uuid NOT NULL REFERENCES amana.agency,
  appointed_by uuid NOT NULL REFERENCES amana.officer,
  since timestamptz(3) NOT NULL DEFAULT now(),
  ended_at timestamptz(3),
  PRIMARY KEY (team_id, officer_id, role),
  CHECK (appointed_by <> officer_id)
);

-- ── The gate of third states ──────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE amana.evidence_grant
  ADD COLUMN released_by uuid REFERENCES amana.officer,
  ADD COLUMN released_at timestamptz(3),
  ADD COLUMN release_reason text,
  ADD CONSTRAINT released_whole CHECK (num_nulls(released_by, released_at, release_reason) IN (0, 3)) NOT VALID,
  ADD CONSTRAINT released_by_third_officer CHECK (released_by <> proposed_by AND released_by <> approved_by) NOT VALID;
ALTER TABLE amana.evidence_grant VALIDATE CONSTRAINT released_whole;
ALTER TABLE amana.evidence_grant VALIDATE CONSTRAINT released_by_third_officer;

-- ── Functions that look past row-level security ───────────────────────────────────────────────────────────────────
-- Whether the asking agency may lay a text of this agreement on the table: it is a party of what is in force and has not ended it; or of
-- the text on the table; or there is nothing of this agreement yet.
CREATE FUNCTION amana.may_negotiate(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN CASE WHEN EXISTS (SELECT FROM amana.agreement r WHERE r.id = wanted) THEN
      EXISTS (SELECT FROM amana.team t JOIN amana.team_agency m ON m.team_id = t.id WHERE t.agreement_id = wanted AND m.agency_id = amana.my_agency())
      AND NOT EXISTS (SELECT FROM amana.agreement_stance s WHERE s.agreement_id = wanted AND s.agency_id = amana.my_agency() AND s.stance = 'ended')
    ELSE coalesce((SELECT amana.my_agency() = ANY (x.parties) FROM amana.agreement_text x WHERE x.agreement_id = wanted
      ORDER BY x.revision DESC LIMIT 1), true) END;

-- The revision of the last text of an agreement, whoever may see it: a party left out of it must not take an older one for it.
CREATE FUNCTION amana.last_revision(wanted uuid) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN (SELECT max(x.revision) FROM amana.agreement_text x WHERE x.agreement_id = wanted);

-- Whether two agencies are parties of one agreement, in force or on the table.
CREATE FUNCTION amana.share_an_agreement(wanted uuid, one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.agreement_text x WHERE x.agreement_id = wanted AND ARRAY[one, other] <@ x.parties)
    OR EXISTS (SELECT FROM amana.team t JOIN amana.team_agency a ON a.team_id = t.id JOIN amana.team_agency b ON b.team_id = t.id
      WHERE t.agreement_id = wanted AND a.agency_id = one AND b.agency_id = other);

-- Whether an officer administers a team: named in its agreement or appointed by their agency, which is in it.
CREATE FUNCTION amana.administers_team(wanted_team uuid, wanted_officer uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.officer o JOIN amana.team_agency m ON m.agency_id = o.agency_id AND m.team_id = wanted_team
    JOIN amana.team t ON t.id = m.team_id JOIN amana.agreement r ON r.id = t.agreement_id
    WHERE o.id = wanted_officer AND o.key_state = 'certified' AND (o.id = ANY (r.administrators) OR EXISTS (
      SELECT FROM amana.team_appointment p WHERE p.team_id = wanted_team AND p.officer_id = o.id AND p.role = 'administrator' AND p.ended_at IS NULL)));

-- Whether one of two agencies is of what the agreement marks as a third state.
CREATE FUNCTION amana.crosses_third_state(wanted uuid, one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.agreement r WHERE r.id = wanted
    AND ARRAY[amana.state_of(one), amana.state_of(other)] && r.third_states);

-- Puts an amended text in the place of the one it names, with the parties that come in by it. Nobody goes out by an amendment.
CREATE FUNCTION amana.amend_agreement(wanted uuid, new_instrument jsonb, new_parties uuid[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  said CONSTANT jsonb := amana.signed_payload(new_instrument);
  its_team CONSTANT uuid := (SELECT t.id FROM amana.team t WHERE t.agreement_id = wanted);
BEGIN
  -- What a party of the text in force laid on the table, and every party of the new one has signed: a newcomer may be the last to.
  IF its_team IS NULL OR said ->> 'agreementId' IS DISTINCT FROM wanted::text OR NOT EXISTS (SELECT FROM amana.agreement_text x
      WHERE x.agreement_id = wanted AND x.completed_at IS NOT NULL AND sha256(x.payload) = amana.payload_sha256_of(new_instrument)
        AND amana.my_agency() = ANY (x.parties) AND x.parties @> new_parties AND x.parties <@ new_parties
        AND jsonb_array_length(new_instrument -> 'signatures') = cardinality(x.parties)) THEN
    RAISE EXCEPTION 'agreement: not a complete text of a party' USING ERRCODE = '42501';
  END IF;
  IF EXISTS (SELECT FROM amana.team_agency m WHERE m.team_id = its_team AND NOT m.agency_id = ANY (new_parties) AND NOT EXISTS (
      SELECT FROM amana.agreement_stance s WHERE s.agreement_id = wanted AND s.agency_id = m.agency_id AND s.stance = 'ended')) THEN
    RAISE EXCEPTION 'agreement: a party that has not ended it is left out' USING ERRCODE = '42501';
  END IF;
  UPDATE amana.agreement SET title = said ->> 'title', instrument = new_instrument,
      valid_from = (said ->> 'validFrom')::timestamptz, valid_until = (said ->> 'validUntil')::timestamptz
    WHERE id = wanted AND encode(payload_sha256, 'hex') = said ->> 'predecessor';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'agreement: another text is in force than the one it amends' USING ERRCODE = 'AM002';
  END IF;
  UPDATE amana.team SET name = said ->> 'teamName' WHERE id = its_team;
  INSERT INTO amana.team_agency (team_id, agency_id) SELECT its_team, p FROM unnest(new_parties) AS p ON CONFLICT DO NOTHING;
  -- Who signs anew stands to it again.
  UPDATE amana.agreement_stance SET stance = 'standing' WHERE agreement_id = wanted AND agency_id = ANY (new_parties) AND stance = 'ended';
END $$;

-- ── Who may write into whose register: by a table, so that a kind is added without touching the rule ──────────────
-- `team`: agencies of one team. `agreement`: parties of the agreement that the event is about.
CREATE TABLE amana.register_rule (
  kind text PRIMARY KEY,
  bond text NOT NULL CHECK (bond IN ('team', 'agreement'))
);
INSERT INTO amana.register_rule (kind, bond) VALUES ('agreement-in-force', 'team'), ('agreement-drafted', 'agreement'),
  ('agreement-signed', 'agreement'), ('agreement-amended', 'agreement'), ('agreement-suspended', 'agreement'),
  ('agreement-resumed', 'agreement'), ('agreement-ended', 'agreement');
GRANT SELECT ON amana.register_rule TO amana_app, amana_worker;

CREATE FUNCTION amana.may_tell_register(said jsonb) RETURNS boolean LANGUAGE sql STABLE
  RETURN said -> 'chain' ->> 'id' = said -> 'actor' ->> 'agencyId' OR EXISTS (
    SELECT FROM amana.register_rule r WHERE r.kind = said ->> 'kind' AND CASE r.bond
      WHEN 'team' THEN amana.share_a_team((said -> 'actor' ->> 'agencyId')::uuid, (said -> 'chain' ->> 'id')::uuid)
      WHEN 'agreement' THEN amana.share_an_agreement((said -> 'authority' ->> 'agreementId')::uuid,
        (said -> 'actor' ->> 'agencyId')::uuid, (said -> 'chain' ->> 'id')::uuid)
      ELSE false END);

CREATE OR REPLACE FUNCTION amana.may_append(said jsonb, agency_ids uuid[]) RETURNS boolean LANGUAGE sql STABLE
  RETURN CASE said -> 'actor' ->> 'kind'
    WHEN 'platform' THEN said -> 'actor' ->> 'component' = 'api'
    WHEN 'officer' THEN
      concat(said -> 'actor' ->> 'officerId', '@', said -> 'actor' ->> 'agencyId') = ANY (
        string_to_array(current_setting('amana.acting', true), ' ') || concat(amana.my_officer(), '@', amana.my_agency()))
      AND (said -> 'actor' ->> 'agencyId')::uuid = ANY (agency_ids)
      AND CASE said -> 'chain' ->> 'kind'
        WHEN 'case' THEN amana.reaches_case((said -> 'actor' ->> 'agencyId')::uuid, (said -> 'chain' ->> 'id')::uuid)
        WHEN 'agency' THEN amana.may_tell_register(said)
        ELSE false END
    ELSE false END;

DO $$
DECLARE signature text;
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  FOREACH signature IN ARRAY ARRAY['may_negotiate(uuid)', 'last_revision(uuid)', 'share_an_agreement(uuid, uuid, uuid)', 'administers_team(uuid, uuid)',
    'crosses_third_state(uuid, uuid, uuid)', 'amend_agreement(uuid, jsonb, uuid[])'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT EXECUTE ON FUNCTION amana.may_negotiate(uuid), amana.last_revision(uuid), amana.share_an_agreement(uuid, uuid, uuid), amana.administers_team(uuid, uuid),
  amana.crosses_third_state(uuid, uuid, uuid) TO amana_app, amana_worker;
GRANT EXECUTE ON FUNCTION amana.amend_agreement(uuid, jsonb, uuid[]) TO amana_app;

GRANT SELECT ON amana.agreement, amana.team, amana.agreement_text, amana.agreement_stance, amana.team_appointment TO amana_definer;
GRANT UPDATE (title, instrument, valid_from, valid_until) ON amana.agreement TO amana_definer;
GRANT UPDATE (name) ON amana.team TO amana_definer;
GRANT UPDATE (stance) ON amana.agreement_stance TO amana_definer;

-- ── What each role may do, and the second wall ────────────────────────────────────────────────────────────────────
GRANT SELECT, INSERT, UPDATE (signatures, completed_at) ON amana.agreement_text TO amana_app;
GRANT SELECT, INSERT, UPDATE (stance, reason, statement, statement_sha256, since) ON amana.agreement_stance TO amana_app;
GRANT SELECT, INSERT, UPDATE (appointed_by, since, ended_at) ON amana.team_appointment TO amana_app;
GRANT SELECT ON amana.agreement_stance, amana.team_appointment TO amana_worker;
GRANT UPDATE (released_by, released_at, release_reason) ON amana.evidence_grant TO amana_app;

DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['agreement_text', 'agreement_stance', 'team_appointment'] LOOP
    EXECUTE format('ALTER TABLE amana.%I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE amana.%I FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY worker_sees_all ON amana.%I TO amana_worker USING (true) WITH CHECK (true)', walled);
    EXECUTE format('CREATE POLICY definer_looks ON amana.%I FOR SELECT TO amana_definer USING (true)', walled);
  END LOOP;
END $$;
CREATE POLICY definer_looks ON amana.agreement FOR SELECT TO amana_definer USING (true);
CREATE POLICY definer_looks ON amana.team FOR SELECT TO amana_definer USING (true);
CREATE POLICY definer_amends ON amana.agreement FOR UPDATE TO amana_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_amends ON amana.team FOR UPDATE TO amana_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_amends ON amana.agreement_stance FOR UPDATE TO amana_definer USING (stance = 'ended') WITH CHECK (stance = 'standing');

CREATE POLICY parties_read ON amana.agreement_text FOR SELECT TO amana_app USING (amana.my_agency() = ANY (parties));
CREATE POLICY parties_draft ON amana.agreement_text FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND drafted_by = amana.my_officer() AND amana.my_agency() = ANY (parties)
    AND completed_at IS NULL AND signatures = '[]' AND amana.may_negotiate(agreement_id));
CREATE POLICY parties_sign ON amana.agreement_text FOR UPDATE TO amana_app
  USING (amana.my_agency() = ANY (parties) AND completed_at IS NULL)
  WITH CHECK (amana.my_agency() = ANY (parties)
    AND (completed_at IS NULL) = (jsonb_array_length(signatures) < cardinality(parties)));

CREATE POLICY parties_read ON amana.agreement_stance FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.team t WHERE t.agreement_id = agreement_stance.agreement_id));
CREATE POLICY own_word ON amana.agreement_stance FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND EXISTS (SELECT FROM amana.team t WHERE t.agreement_id = agreement_stance.agreement_id));
-- What a party has ended it does not take up again by itself.
CREATE POLICY own_word_again ON amana.agreement_stance FOR UPDATE TO amana_app
  USING (agency_id = amana.my_agency() AND stance <> 'ended') WITH CHECK (agency_id = amana.my_agency());

CREATE POLICY parties_read ON amana.team_appointment FOR SELECT TO amana_app USING (amana.my_team(team_id));
CREATE POLICY own_officers ON amana.team_appointment FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND appointed_by = amana.my_officer() AND amana.my_team(team_id)
    AND EXISTS (SELECT FROM amana.officer o WHERE o.id = officer_id AND o.agency_id = amana.my_agency()));
CREATE POLICY own_officers_again ON amana.team_appointment FOR UPDATE TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency() AND appointed_by = amana.my_officer());

-- Nothing to or from a third state is taken up unreleased, and who releases administers the team, here and now.
CREATE POLICY third_state_gate ON amana.evidence_grant AS RESTRICTIVE FOR UPDATE TO amana_app USING (true)
  WITH CHECK ((state NOT IN ('accepted', 'active') OR released_by IS NOT NULL
      OR NOT amana.crosses_third_state(agreement_id, from_agency_id, to_agency_id))
    AND (state <> 'approved' OR released_by IS NULL
      OR (released_by = amana.my_officer() AND amana.administers_team(team_id, released_by))));
CREATE POLICY recipient_releases ON amana.evidence_grant FOR UPDATE TO amana_app
  USING (to_agency_id = amana.my_agency() AND state = 'approved')
  WITH CHECK (to_agency_id = amana.my_agency() AND state = 'approved' AND released_by = amana.my_officer());
