-- ── Erasure: salt and body of an event are destroyed under law, its commitment stays ──────────────────────────────
-- Which event says so. Whoever reads the row holds that event's own bytes against it: this column alone proves nothing.
ALTER TABLE amana.custody_event ADD COLUMN erased_by uuid REFERENCES amana.custody_event;
ALTER TABLE amana.custody_event ADD CONSTRAINT erased_whole CHECK (erased_by IS NULL OR (salt IS NULL AND body IS NULL)) NOT VALID;
ALTER TABLE amana.custody_event VALIDATE CONSTRAINT erased_whole;

CREATE INDEX custody_event_erased ON amana.custody_event (erased_by) WHERE erased_by IS NOT NULL;

CREATE TABLE amana.erasure (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL REFERENCES amana.custody_event,
  agency_id uuid NOT NULL REFERENCES amana.agency,
  instrument text NOT NULL,
  number text NOT NULL,
  reason text NOT NULL,
  proposed_by uuid NOT NULL REFERENCES amana.officer,
  proposed_at timestamptz(3) NOT NULL DEFAULT now(),
  state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'refused', 'erased')),
  decided_by uuid REFERENCES amana.officer,
  decided_at timestamptz(3),
  refusal text,
  recorded_as uuid REFERENCES amana.custody_event,
  version integer NOT NULL DEFAULT 1,
  CHECK (state NOT IN ('approved', 'erased') OR decided_by <> proposed_by),
  CHECK ((state = 'proposed') = (decided_by IS NULL)),
  CHECK ((state = 'erased') = (recorded_as IS NOT NULL))
);
CREATE UNIQUE INDEX erasure_of_event ON amana.erasure (event_id) WHERE state <> 'refused';
CREATE INDEX erasure_listing ON amana.erasure (proposed_at DESC, id DESC);

-- ── What an erasure rests on ──────────────────────────────────────────────────────────────────────────────────────
-- The kinds that may be erased: the same as the domain's table, which gives the reason for each that may not.
CREATE FUNCTION amana.may_be_erased(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN kind IN ('filter-team-changed', 'exhibit-held', 'exhibit-released', 'grant-proposed', 'grant-approved', 'grant-accepted',
    'grant-activated', 'grant-refused', 'grant-revoked', 'grant-expired', 'access-refused', 'retrieval-authorised', 'retrieval-cut',
    'package-exported', 'exhibit-read', 'record-read');

-- Who handles erasures in the agency of the asking officer.
CREATE FUNCTION amana.may_handle_erasures() RETURNS boolean LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM amana.officer o WHERE o.id = amana.my_officer() AND o.agency_id = amana.my_agency()
    AND o.key_state = 'certified' AND o.roles && ARRAY['approver', 'agency-admin']);

-- The agency that holds an event: that of its exhibit, of its case, or whose register it stands in. None holds the platform's own.
CREATE FUNCTION amana.holder_of(wanted_event uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN (SELECT coalesce(x.agency_id, c.agency_id, a.id) FROM amana.custody_event e LEFT JOIN amana.exhibit x ON x.id = e.exhibit_id
    LEFT JOIN amana.case_file c ON c.id = e.chain_id LEFT JOIN amana.agency a ON a.id = e.chain_id WHERE e.id = wanted_event);

-- What matters to the erasure of an event, to the agency that holds it and to no other. Reviews are seen past their wall: that one is open is
-- all that is told. Nothing for an event that is erased.
CREATE FUNCTION amana.erasure_facts(wanted_event uuid) RETURNS TABLE (
  kind text, chain_id uuid, exhibit_id uuid, agency_ids uuid[], commitment bytea, log_index bigint, published boolean, under_hold boolean,
  under_review boolean, in_use boolean, acted_by uuid
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT e.kind, e.chain_id, e.exhibit_id, e.agency_ids, e.commitment, l.log_index,
    coalesce(l.log_index < (SELECT max(size) FROM amana.log_checkpoint), false),
    coalesce(x.state = 'on-hold', false),
    EXISTS (SELECT FROM amana.review r WHERE r.event_id = e.id AND r.state IN ('queued', 'claimed')),
    (e.kind LIKE 'grant-%' AND EXISTS (SELECT FROM amana.evidence_grant g WHERE g.id = (b.said -> 'authority' ->> 'grantId')::uuid
        AND g.state IN ('proposed', 'approved', 'accepted', 'active') AND g.expires_at > now()))
      OR EXISTS (SELECT FROM amana.retrieval r WHERE r.id = (b.said ->> 'retrievalId')::uuid AND r.expires_at > now()
        AND r.cut_at IS NULL AND r.received_at IS NULL),
    (b.said -> 'actor' ->> 'officerId')::uuid
  FROM amana.custody_event e
    CROSS JOIN LATERAL (SELECT convert_from(e.body, 'UTF8')::jsonb AS said OFFSET 0) AS b
    LEFT JOIN amana.log_entry l ON l.event_id = e.id LEFT JOIN amana.exhibit x ON x.id = e.exhibit_id
  WHERE e.id = wanted_event AND e.body IS NOT NULL AND amana.holder_of(e.id) = amana.my_agency()
$$;

-- The only way to destroy salt and body. Checks all of it itself, whatever called it has checked: an approved proposal, by a second officer,
-- who acts here and now; an event that may be erased; and that the record says just this, in this very chain.
CREATE FUNCTION amana.erase_event(wanted uuid, said uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  proposal amana.erasure;
  facts record;
  told jsonb;
  body jsonb;
BEGIN
  SELECT * INTO proposal FROM amana.erasure WHERE id = wanted FOR UPDATE;
  IF proposal.id IS NULL OR proposal.state <> 'approved' OR proposal.agency_id IS DISTINCT FROM amana.my_agency() THEN
    RAISE EXCEPTION 'erasure: there is no approved proposal' USING ERRCODE = '42501';
  END IF;
  IF proposal.decided_by = proposal.proposed_by OR proposal.decided_by IS DISTINCT FROM amana.my_officer() THEN
    RAISE EXCEPTION 'erasure: it takes a second officer, who acts' USING ERRCODE = '42501';
  END IF;
  IF NOT EXISTS (SELECT FROM amana.officer WHERE id = proposal.proposed_by AND agency_id = proposal.agency_id
      AND roles && ARRAY['approver', 'agency-admin'])
    OR NOT EXISTS (SELECT FROM amana.officer WHERE id = proposal.decided_by AND agency_id = proposal.agency_id
      AND key_state = 'certified' AND 'approver' = ANY (roles)) THEN
    RAISE EXCEPTION 'erasure: the officers’ roles do not carry it' USING ERRCODE = '42501';
  END IF;
  SELECT * INTO facts FROM amana.erasure_facts(proposal.event_id);
  IF facts.kind IS NULL OR NOT amana.may_be_erased(facts.kind) OR NOT facts.published OR facts.under_hold OR facts.under_review
    OR facts.in_use OR facts.acted_by IS NOT DISTINCT FROM proposal.decided_by THEN
    RAISE EXCEPTION 'erasure: the event is not to be erased' USING ERRCODE = '42501';
  END IF;
  SELECT convert_from(e.body, 'UTF8')::jsonb INTO told FROM amana.custody_event e
    WHERE e.id = said AND e.kind = 'event-erased' AND e.chain_id = facts.chain_id AND e.exhibit_id IS NOT DISTINCT FROM facts.exhibit_id;
  IF told IS NULL OR told -> 'erasure' ->> 'commitment' IS DISTINCT FROM encode(facts.commitment, 'base64')
    OR told -> 'erasure' ->> 'index' IS DISTINCT FROM facts.log_index::text
    OR told -> 'erasure' -> 'ground' IS DISTINCT FROM
      jsonb_build_object('instrument', proposal.instrument, 'number', proposal.number, 'reason', proposal.reason)
    OR told -> 'actor' ->> 'officerId' IS DISTINCT FROM proposal.decided_by::text THEN
    RAISE EXCEPTION 'erasure: the record does not say so' USING ERRCODE = '42501';
  END IF;
  SELECT convert_from(e.body, 'UTF8')::jsonb INTO body FROM amana.custody_event e WHERE e.id = proposal.event_id;
  PERFORM amana.erase_copies(proposal.event_id, body,
    format('%s %s', proposal.instrument, proposal.number));
  UPDATE amana.custody_event SET salt = NULL, body = NULL, erased_by = said WHERE id = proposal.event_id;
  UPDATE amana.erasure SET state = 'erased', recorded_as = said, version = version + 1 WHERE id = wanted;
END $$;

-- What repeats the words of an event: the reason of a review, the purpose of a retrieval or a grant that has ended, answers kept for the case
-- that they are asked for again. For `erase_event` alone.
CREATE FUNCTION amana.erase_copies(erased uuid, body jsonb, ground text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  gone CONSTANT text := '[erased]';
  old_purpose CONSTANT text := body ->> 'purpose';
  old_reason CONSTANT text := body ->> 'reason';
BEGIN
  UPDATE amana.review r SET because = format('the event was erased under %s', ground), version = r.version + 1 WHERE r.event_id = erased;
  UPDATE amana.retrieval r SET purpose = gone WHERE r.id = (body ->> 'retrievalId')::uuid AND r.purpose = old_purpose;
  IF body ->> 'kind' LIKE 'grant-%' THEN
    UPDATE amana.evidence_grant g SET purpose = CASE WHEN g.purpose = old_purpose THEN gone ELSE g.purpose END,
      reason = CASE WHEN g.reason = old_reason THEN gone ELSE g.reason END, version = g.version + 1
      WHERE g.id = (body -> 'authority' ->> 'grantId')::uuid;
  END IF;
  -- The key stays taken, so that nothing is done twice; what was answered is gone.
  UPDATE amana.idempotency i SET body = 'null' WHERE (i.body ->> 'eventId' = erased::text AND i.body ? 'because')
    OR (erase_copies.body ->> 'kind' LIKE 'grant-%' AND i.body ->> 'id' = erase_copies.body -> 'authority' ->> 'grantId');
END $$;

DO $$
DECLARE signature text;
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  FOREACH signature IN ARRAY ARRAY['holder_of(uuid)', 'erasure_facts(uuid)', 'erase_event(uuid, uuid)', 'erase_copies(uuid, jsonb, text)'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT EXECUTE ON FUNCTION amana.holder_of(uuid), amana.erasure_facts(uuid), amana.erase_event(uuid, uuid) TO amana_app;

-- What the functions above need, and nobody else has. Salt and body become nothing or stay.
GRANT SELECT ON amana.officer, amana.review, amana.retrieval, amana.idempotency TO amana_definer;
GRANT SELECT, UPDATE (state, recorded_as, version) ON amana.erasure TO amana_definer;
GRANT UPDATE (salt, body, erased_by) ON amana.custody_event TO amana_definer;
GRANT UPDATE (because, version) ON amana.review TO amana_definer;
GRANT UPDATE (purpose) ON amana.retrieval TO amana_definer;
GRANT UPDATE (purpose, reason, version) ON amana.evidence_grant TO amana_definer;
GRANT UPDATE (body) ON amana.idempotency TO amana_definer;
CREATE POLICY definer_erases ON amana.custody_event FOR UPDATE TO amana_definer
  USING (body IS NOT NULL) WITH CHECK (salt IS NULL AND body IS NULL AND erased_by IS NOT NULL);
CREATE POLICY definer_erases ON amana.review TO amana_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_erases ON amana.retrieval TO amana_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_erases ON amana.evidence_grant FOR UPDATE TO amana_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_erases ON amana.idempotency TO amana_definer USING (true) WITH CHECK (body = 'null');

-- ── Who sees and handles proposals: the holder's people of the right roles; oversight looks on ────────────────────
GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, refusal, version) ON amana.erasure TO amana_app;
ALTER TABLE amana.erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE amana.erasure FORCE ROW LEVEL SECURITY;
CREATE POLICY definer_erases ON amana.erasure TO amana_definer USING (true) WITH CHECK (state = 'erased');
CREATE POLICY holder_reads ON amana.erasure FOR SELECT TO amana_app
  USING (agency_id = amana.my_agency() AND amana.may_handle_erasures());
CREATE POLICY oversight_reads ON amana.erasure FOR SELECT TO amana_app USING (amana.state_of(agency_id) = amana.my_oversight_state());
CREATE POLICY propose ON amana.erasure FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND proposed_by = amana.my_officer() AND state = 'proposed' AND amana.may_handle_erasures()
    AND amana.holder_of(event_id) = agency_id);
CREATE POLICY decide ON amana.erasure FOR UPDATE TO amana_app
  USING (agency_id = amana.my_agency() AND state = 'proposed' AND amana.may_handle_erasures())
  WITH CHECK (agency_id = amana.my_agency() AND decided_by = amana.my_officer() AND state IN ('approved', 'refused'));
