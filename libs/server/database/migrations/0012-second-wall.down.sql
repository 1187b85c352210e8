DROP POLICY reader ON amana.file_key;
CREATE POLICY reader ON amana.file_key FOR SELECT TO amana_app USING (agency_id = amana.my_agency());
DROP POLICY own_agency_reads ON amana.retrieval;
DROP POLICY own_agency_goes_on ON amana.retrieval;
DROP POLICY opens ON amana.retrieval;
CREATE POLICY own_agency ON amana.retrieval TO amana_app
  USING (agency_id = amana.my_agency()) WITH CHECK (agency_id = amana.my_agency());
DROP FUNCTION amana.may_open(uuid, uuid, uuid, text, timestamptz);
DROP FUNCTION amana.carries(uuid, uuid, uuid, timestamptz);
DROP FUNCTION amana.in_force_for(uuid, uuid, uuid, timestamptz);
DROP FUNCTION amana.certified_at(uuid, timestamptz);
