-- ── What an agreement says, out of the instrument that every party signed ─────────────────────────────────────────
CREATE FUNCTION amana.signed_payload(jws jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN convert_from(
    decode(rpad(translate(jws ->> 'payload', '-_', '+/'), (length(jws ->> 'payload') + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
CREATE FUNCTION amana.purposes_of(instrument jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(SELECT jsonb_array_elements_text(amana.signed_payload(instrument) -> 'purposes'));
CREATE FUNCTION amana.clauses_of(instrument jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(SELECT clause ->> 'number' FROM jsonb_array_elements(amana.signed_payload(instrument) -> 'clauses') AS clause);

ALTER TABLE amana.agreement
  ADD COLUMN purposes text[] GENERATED ALWAYS AS (amana.purposes_of(instrument)) STORED,
  ADD COLUMN clauses text[] GENERATED ALWAYS AS (amana.clauses_of(instrument)) STORED;

-- Which of the agreement's purposes a grant is for. Grants from before have it where there is but one.
ALTER TABLE amana.evidence_grant ADD COLUMN agreed_purpose text;
ALTER TABLE amana.evidence_grant NO FORCE ROW LEVEL SECURITY;
ALTER TABLE amana.agreement NO FORCE ROW LEVEL SECURITY;
UPDATE amana.evidence_grant g SET agreed_purpose = r.purposes[1]
  FROM amana.agreement r WHERE r.id = g.agreement_id AND cardinality(r.purposes) = 1;
ALTER TABLE amana.agreement FORCE ROW LEVEL SECURITY;
ALTER TABLE amana.evidence_grant FORCE ROW LEVEL SECURITY;

-- What is accepted before its time comes is activated when it comes.
CREATE INDEX grant_awaiting ON amana.evidence_grant (valid_from) WHERE state = 'accepted';

-- ── Filter team: the officers of an agency who alone see its privileged material ──────────────────────────────────
ALTER TABLE amana.officer ADD COLUMN filter_team boolean NOT NULL DEFAULT false;
GRANT UPDATE (filter_team) ON amana.officer TO amana_app;

-- ── Audit: what is overdue escalates ──────────────────────────────────────────────────────────────────────────────
ALTER TABLE amana.review ADD COLUMN escalated_at timestamptz(3);
CREATE INDEX review_awaited ON amana.review (due_at) WHERE escalated_at IS NULL AND state IN ('queued', 'claimed');
CREATE INDEX review_escalated ON amana.review (raised_at DESC, id DESC) WHERE escalated_at IS NOT NULL AND state IN ('queued', 'claimed');
GRANT UPDATE (escalated_at, version) ON amana.review TO amana_worker;

CREATE POLICY oversight_reads ON amana.grant_exhibit FOR SELECT TO amana_app
  USING (amana.my_oversight_state() IN (amana.state_of(from_agency_id), amana.state_of(to_agency_id)));

-- ── The record of an exhibit is open by a grant in its time ───────────────────────────────────────────────────────
CREATE OR REPLACE FUNCTION amana.live_for_me(wanted_exhibit uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (
    SELECT FROM amana.grant_exhibit link JOIN amana.evidence_grant g ON g.id = link.grant_id
    WHERE link.exhibit_id = wanted_exhibit AND link.to_agency_id = amana.my_agency()
      AND g.state IN ('accepted', 'active') AND g.valid_from <= now() AND g.expires_at > now());

-- ── No forged event ───────────────────────────────────────────────────────────────────────────────────────────────
-- Whoever writes it: an event stands where its own bytes say, right after the one before it in each of its chains, in its exhibit's case.
CREATE FUNCTION amana.refuse_unbound_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  unbound uuid;
BEGIN
  SELECT a.id INTO unbound FROM added AS a
    CROSS JOIN LATERAL (SELECT convert_from(a.body, 'UTF8')::jsonb AS said OFFSET 0) AS b -- read once an event, not once a comparison
    LEFT JOIN amana.custody_event AS c ON c.chain_id = a.chain_id AND c.case_seq = a.case_seq - 1
    LEFT JOIN amana.custody_event AS x ON x.exhibit_id = a.exhibit_id AND x.exhibit_seq = a.exhibit_seq - 1
    LEFT JOIN amana.exhibit AS e ON e.id = a.exhibit_id
    WHERE a.body IS NULL OR (a.case_seq = 1) IS DISTINCT FROM (c.id IS NULL) OR a.case_seq < 1
      OR (a.exhibit_id IS NULL) <> (a.exhibit_seq IS NULL) OR a.exhibit_seq < 1
      OR (a.exhibit_id IS NOT NULL AND (a.exhibit_seq = 1) <> (x.id IS NULL))
      OR e.case_id <> a.chain_id
      OR said ->> 'id' IS DISTINCT FROM a.id::text OR said ->> 'kind' IS DISTINCT FROM a.kind
      OR said -> 'chain' ->> 'id' IS DISTINCT FROM a.chain_id::text OR said ->> 'caseSeq' IS DISTINCT FROM a.case_seq::text
      OR said ->> 'exhibitId' IS DISTINCT FROM a.exhibit_id::text OR said ->> 'exhibitSeq' IS DISTINCT FROM a.exhibit_seq::text
      OR said ->> 'prevCaseCommitment' IS DISTINCT FROM encode(c.commitment, 'base64')
      OR said ->> 'prevExhibitCommitment' IS DISTINCT FROM encode(x.commitment, 'base64')
    LIMIT 1;
  IF unbound IS NOT NULL THEN
    RAISE EXCEPTION 'event % does not stand where its bytes say', unbound USING ERRCODE = '42501';
  END IF;
  RETURN NULL;
END $$;

-- Whether an agency has to do with a case: holds it, oversees it from within the state, or was granted something of it. A case that is not
-- there yet, or not here, has nothing to be written into.
CREATE FUNCTION amana.reaches_case(agency uuid, wanted_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN NOT EXISTS (SELECT FROM amana.case_file WHERE id = wanted_case)
    OR EXISTS (SELECT FROM amana.case_file f WHERE f.id = wanted_case
      AND (f.agency_id = agency OR amana.state_of(f.agency_id) = amana.state_of(agency)))
    OR EXISTS (SELECT FROM amana.grant_exhibit link JOIN amana.exhibit e ON e.id = link.exhibit_id
      WHERE e.case_id = wanted_case AND link.to_agency_id = agency);

CREATE FUNCTION amana.share_a_team(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.team_agency a JOIN amana.team_agency b ON b.team_id = a.team_id WHERE a.agency_id = one AND b.agency_id = other);

-- Whether the API may say this: in its own name, or in that of an officer who acts in this very transaction. `amana.acting` lists, as
-- `<officer>@<agency>`, those whose events are committed as one group.
CREATE FUNCTION amana.may_append(said jsonb, agency_ids uuid[]) RETURNS boolean LANGUAGE sql STABLE
  RETURN CASE said -> 'actor' ->> 'kind'
    WHEN 'platform' THEN said -> 'actor' ->> 'component' = 'api'
    WHEN 'officer' THEN
      concat(said -> 'actor' ->> 'officerId', '@', said -> 'actor' ->> 'agencyId') = ANY (
        string_to_array(current_setting('amana.acting', true), ' ') || concat(amana.my_officer(), '@', amana.my_agency()))
      AND (said -> 'actor' ->> 'agencyId')::uuid = ANY (agency_ids)
      AND CASE said -> 'chain' ->> 'kind'
        WHEN 'case' THEN amana.reaches_case((said -> 'actor' ->> 'agencyId')::uuid, (said -> 'chain' ->> 'id')::uuid)
        -- An agreement stands in the registers of all its parties, whoever of them publishes it.
        WHEN 'agency' THEN said -> 'chain' ->> 'id' = said -> 'actor' ->> 'agencyId' OR (said ->> 'kind' = 'agreement-in-force'
          AND amana.share_a_team((said -> 'actor' ->> 'agencyId')::uuid, (said -> 'chain' ->> 'id')::uuid))
        ELSE false END
    ELSE false END;

DO $$
DECLARE signature text;
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  FOREACH signature IN ARRAY ARRAY['refuse_unbound_events()', 'reaches_case(uuid, uuid)', 'share_a_team(uuid, uuid)'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT EXECUTE ON FUNCTION amana.reaches_case(uuid, uuid), amana.share_a_team(uuid, uuid) TO amana_app, amana_worker;
GRANT SELECT ON amana.case_file, amana.exhibit TO amana_definer;
CREATE POLICY definer_looks ON amana.case_file FOR SELECT TO amana_definer USING (true);
CREATE POLICY definer_looks ON amana.exhibit FOR SELECT TO amana_definer USING (true);

CREATE TRIGGER bind AFTER INSERT ON amana.custody_event REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION amana.refuse_unbound_events();
DROP POLICY append ON amana.custody_event;
CREATE POLICY append ON amana.custody_event FOR INSERT TO amana_app
  WITH CHECK (amana.may_append(convert_from(body, 'UTF8')::jsonb, agency_ids));

-- ── No forged job: the API asks for work by its own name and says nothing of its being done ───────────────────────
ALTER TABLE amana.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker_sees_all ON amana.outbox TO amana_worker USING (true) WITH CHECK (true);
CREATE POLICY ask ON amana.outbox FOR INSERT TO amana_app
  WITH CHECK (dispatched_at IS NULL AND done_at IS NULL AND CASE topic
    WHEN 'review-event' THEN key = 'review-event/' || (payload ->> 'eventId')
    WHEN 'recheck-exhibit' THEN key = 'recheck-exhibit/' || (payload ->> 'exhibitId')
    ELSE false END);
