-- ── Bytes: what `decide()` says of retrieving and exporting, once more and in the database's own words ────────────
-- Whether an officer is certified at that moment: a certificate that is neither revoked nor out of its time.
CREATE FUNCTION amana.certified_at(wanted_officer uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.officer o CROSS JOIN LATERAL (SELECT amana.signed_payload(o.certificate) AS said) AS c
    WHERE o.id = wanted_officer AND o.left_at IS NULL AND o.key_state = 'certified' AND (c.said ->> 'validFrom')::timestamptz <= moment
      AND ((c.said ->> 'validUntil') IS NULL OR moment < (c.said ->> 'validUntil')::timestamptz));

-- Whether an agreement is in force for a party that stands to it: in its time, not suspended as a whole. Where it is for both sides of a
-- grant, the two parties that it takes are there.
CREATE FUNCTION amana.in_force_for(wanted_agreement uuid, wanted_team uuid, party uuid, moment timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.agreement r JOIN amana.team_agency m ON m.team_id = wanted_team AND m.agency_id = party
    WHERE r.id = wanted_agreement AND NOT r.suspended AND r.valid_from <= moment AND moment < r.valid_until AND NOT EXISTS (
      SELECT FROM amana.agreement_stance s WHERE s.agreement_id = r.id AND s.agency_id = party AND s.stance <> 'standing'));

-- Whether a grant carries the bytes of an exhibit to an agency: live in its time, approved by a second officer, undertaken, resting on an
-- agreement in force for both sides, of the exhibit's team, for a purpose and by a clause that were signed, released where a third state is
-- a side; and the exhibit neither held nor privileged.
CREATE FUNCTION amana.carries(wanted_grant uuid, wanted_exhibit uuid, recipient uuid, moment timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.evidence_grant g
    JOIN amana.grant_exhibit l ON l.grant_id = g.id AND l.exhibit_id = wanted_exhibit
    JOIN amana.exhibit x ON x.id = l.exhibit_id AND x.agency_id = g.from_agency_id
    LEFT JOIN amana.case_file c ON c.id = x.case_id
    JOIN amana.team t ON t.id = g.team_id
    JOIN amana.agreement r ON r.id = t.agreement_id
    WHERE g.id = wanted_grant AND g.to_agency_id = recipient
      AND g.state IN ('accepted', 'active') AND g.valid_from <= moment AND moment < g.expires_at
      AND g.approved_by <> g.proposed_by AND g.undertaking IS NOT NULL
      AND x.state = 'sealed' AND NOT x.privileged
      AND coalesce(x.team_id, c.team_id, g.team_id) = g.team_id
      AND amana.in_force_for(r.id, t.id, g.from_agency_id, moment) AND amana.in_force_for(r.id, t.id, g.to_agency_id, moment)
      AND g.agreed_purpose = ANY (r.purposes) AND (g.clause IS NULL OR g.clause = ANY (r.clauses))
      AND (g.released_by IS NOT NULL OR NOT amana.crosses_third_state(r.id, g.from_agency_id, g.to_agency_id)));

-- Whether an officer may open an exhibit: of their own agency without a grant, of another's by one that carries it.
CREATE FUNCTION amana.may_open(wanted_officer uuid, wanted_exhibit uuid, wanted_grant uuid, wanted_act text, moment timestamptz) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.officer o JOIN amana.exhibit x ON x.id = wanted_exhibit
    WHERE o.id = wanted_officer AND o.roles && ARRAY['investigator', 'prosecutor'] AND amana.certified_at(o.id, moment)
      AND CASE WHEN wanted_grant IS NULL THEN x.agency_id = o.agency_id
          AND (x.state = 'sealed' OR (x.state = 'on-hold' AND wanted_act = 'retrieve')) AND (o.filter_team OR NOT x.privileged)
        ELSE x.agency_id <> o.agency_id AND amana.carries(wanted_grant, x.id, o.agency_id, moment) END);

DO $$
DECLARE signature text;
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  FOREACH signature IN ARRAY ARRAY['certified_at(uuid, timestamptz)', 'in_force_for(uuid, uuid, uuid, timestamptz)',
    'carries(uuid, uuid, uuid, timestamptz)', 'may_open(uuid, uuid, uuid, text, timestamptz)'] LOOP
    EXECUTE format('ALTER FUNCTION amana.%s OWNER TO amana_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION amana.%s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION amana.%s TO amana_app, amana_worker', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;

-- Nobody opens for reading what they may not read, whatever the API thinks.
DROP POLICY own_agency ON amana.retrieval;
CREATE POLICY own_agency_reads ON amana.retrieval FOR SELECT TO amana_app USING (agency_id = amana.my_agency());
CREATE POLICY own_agency_goes_on ON amana.retrieval FOR UPDATE TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
CREATE POLICY opens ON amana.retrieval FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND officer_id = amana.my_officer()
    AND amana.may_open(officer_id, exhibit_id, grant_id, act, now()));

-- A file's key that came by a grant is there for as long as the grant carries the file.
DROP POLICY reader ON amana.file_key;
CREATE POLICY reader ON amana.file_key FOR SELECT TO amana_app
  USING (agency_id = amana.my_agency() AND (grant_id IS NULL OR EXISTS (
    SELECT FROM amana.evidence_file f WHERE f.id = file_id AND amana.carries(grant_id, f.exhibit_id, amana.my_agency(), now()))));
