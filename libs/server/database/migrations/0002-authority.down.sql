DROP POLICY ask ON amana.outbox;
DROP POLICY worker_sees_all ON amana.outbox;
ALTER TABLE amana.outbox DISABLE ROW LEVEL SECURITY;

DROP POLICY append ON amana.custody_event;
CREATE POLICY append ON amana.custody_event FOR INSERT TO amana_app WITH CHECK (true);
DROP TRIGGER bind ON amana.custody_event;
DROP POLICY definer_looks ON amana.exhibit;
DROP POLICY definer_looks ON amana.case_file;
REVOKE SELECT ON amana.case_file, amana.exhibit FROM amana_definer;
DROP FUNCTION amana.may_append(jsonb, uuid[]);
DROP FUNCTION amana.share_a_team(uuid, uuid);
DROP FUNCTION amana.reaches_case(uuid, uuid);
DROP FUNCTION amana.refuse_unbound_events();

CREATE OR REPLACE FUNCTION amana.live_for_me(wanted_exhibit uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (
    SELECT FROM amana.grant_exhibit link JOIN amana.evidence_grant g ON g.id = link.grant_id
    WHERE link.exhibit_id = wanted_exhibit AND link.to_agency_id = amana.my_agency()
      AND g.state IN ('accepted', 'active') AND g.expires_at > now());

DROP POLICY oversight_reads ON amana.grant_exhibit;

REVOKE UPDATE (escalated_at, version) ON amana.review FROM amana_worker;
DROP INDEX amana.review_escalated;
DROP INDEX amana.review_awaited;
ALTER TABLE amana.review DROP COLUMN escalated_at;

REVOKE UPDATE (filter_team) ON amana.officer FROM amana_app;
ALTER TABLE amana.officer DROP COLUMN filter_team;

DROP INDEX amana.grant_awaiting;
ALTER TABLE amana.evidence_grant DROP COLUMN agreed_purpose;

ALTER TABLE amana.agreement DROP COLUMN clauses, DROP COLUMN purposes;
DROP FUNCTION amana.clauses_of(jsonb);
DROP FUNCTION amana.purposes_of(jsonb);
DROP FUNCTION amana.signed_payload(jsonb);
