-- ── Requests for evidence, from one agency to another ─────────────────────────────────────────────────────────────
CREATE TABLE amana.evidence_request (
  id uuid PRIMARY KEY,
  instrument text NOT NULL CHECK (instrument IN ('jit', 'eio', 'mla', 'spontaneous', 'epo')),
  urgency text NOT NULL CHECK (urgency IN ('routine', 'urgent', 'emergency')),
  reference text NOT NULL,
  from_agency_id uuid NOT NULL REFERENCES amana.agency,
  to_agency_id uuid NOT NULL REFERENCES amana.agency,
  team_id uuid REFERENCES amana.team,
  form jsonb NOT NULL,
  form_sha256 bytea NOT NULL CHECK (octet_length(form_sha256) = 32),
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'acknowledged', 'granted', 'partly-granted', 'refused', 'postponed',
    'fulfilled', 'closed', 'withdrawn')),
  drafted_by uuid NOT NULL REFERENCES amana.officer,
  drafted_at timestamptz(3) NOT NULL DEFAULT now(),
  submitted_by uuid REFERENCES amana.officer,
  submitted_at timestamptz(3),
  acknowledged_by uuid REFERENCES amana.officer,
  acknowledged_at timestamptz(3),
  answered_by uuid REFERENCES amana.officer,
  answered_at timestamptz(3),
  answer jsonb,
  fulfilled_at timestamptz(3),
  ended_at timestamptz(3),
  withdrawal text,
  version integer NOT NULL DEFAULT 1,
  CHECK (from_agency_id <> to_agency_id),
  CHECK (state = 'withdrawn' OR (state = 'draft') = (submitted_at IS NULL)),
  CHECK ((submitted_at IS NULL) = (submitted_by IS NULL)),
  CHECK ((instrument = 'jit') = (team_id IS NOT NULL))
);
CREATE INDEX request_listing ON amana.evidence_request (drafted_at DESC, id DESC);
CREATE INDEX request_by_from ON amana.evidence_request (from_agency_id, drafted_at DESC, id DESC);
CREATE INDEX request_by_to ON amana.evidence_request (to_agency_id, drafted_at DESC, id DESC);

-- What the two sides write to each other about it.
CREATE TABLE amana.request_clarification (
  request_id uuid NOT NULL REFERENCES amana.evidence_request,
  position integer NOT NULL CHECK (position >= 1),
  agency_id uuid NOT NULL REFERENCES amana.agency,
  officer_id uuid NOT NULL REFERENCES amana.officer,
  text text NOT NULL,
  written_at timestamptz(3) NOT NULL,
  PRIMARY KEY (request_id, position)
);

-- The grants that fulfil it.
CREATE TABLE amana.request_grant (
  request_id uuid NOT NULL REFERENCES amana.evidence_request,
  grant_id uuid NOT NULL REFERENCES amana.evidence_grant,
  PRIMARY KEY (request_id, grant_id)
);

-- What is due, and was: a date that is moved stays, as replaced, so that no postponement hides what was late before it.
CREATE TABLE amana.request_deadline (
  request_id uuid NOT NULL REFERENCES amana.evidence_request,
  milestone text NOT NULL CHECK (milestone IN ('acknowledgement', 'decision', 'execution')),
  due_at timestamptz(3) NOT NULL,
  remind_at timestamptz(3) NOT NULL CHECK (remind_at <= due_at),
  source text NOT NULL,
  binding boolean NOT NULL,
  ended_at timestamptz(3),
  replaced boolean NOT NULL DEFAULT false CHECK (NOT replaced OR ended_at IS NOT NULL),
  reminded_at timestamptz(3),
  overdue_at timestamptz(3),
  PRIMARY KEY (request_id, milestone, due_at)
);
CREATE UNIQUE INDEX request_deadline_current ON amana.request_deadline (request_id, milestone) WHERE NOT replaced;
CREATE INDEX request_deadline_coming ON amana.request_deadline (remind_at) WHERE reminded_at IS NULL AND overdue_at IS NULL AND ended_at IS NULL;
CREATE INDEX request_deadline_missed ON amana.request_deadline (due_at) WHERE overdue_at IS NULL AND (ended_at IS NULL OR ended_at > due_at);

-- ── The life cycle, and whose each step is ────────────────────────────────────────────────────────────────────────
-- The same as the domain's table; a test compares the two.
CREATE FUNCTION amana.request_may_become(was text, becomes text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE was
    WHEN 'draft' THEN becomes IN ('submitted', 'withdrawn')
    WHEN 'submitted' THEN becomes IN ('acknowledged', 'withdrawn')
    WHEN 'acknowledged' THEN becomes IN ('granted', 'partly-granted', 'refused', 'postponed', 'withdrawn')
    WHEN 'postponed' THEN becomes IN ('granted', 'partly-granted', 'refused', 'postponed', 'withdrawn')
    WHEN 'granted' THEN becomes IN ('fulfilled', 'withdrawn')
    WHEN 'partly-granted' THEN becomes IN ('fulfilled', 'withdrawn')
    WHEN 'refused' THEN becomes IN ('closed')
    WHEN 'fulfilled' THEN becomes IN ('closed')
    ELSE false END;

-- Whose it is to bring a request into a state.
CREATE FUNCTION amana.brings_request_into(becomes text, instrument text, from_agency uuid, to_agency uuid) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN becomes IN ('submitted', 'withdrawn', 'closed') THEN from_agency
    WHEN becomes = 'fulfilled' AND instrument = 'spontaneous' THEN from_agency
    ELSE to_agency END;

CREATE FUNCTION amana.refuse_request_jump() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT amana.request_may_become(OLD.state, NEW.state) THEN
    RAISE EXCEPTION 'a request that is % cannot become %', OLD.state, NEW.state USING ERRCODE = '42501';
  END IF;
  IF amana.my_agency() IS NOT NULL AND (NEW.state <> OLD.state OR NEW.answer IS DISTINCT FROM OLD.answer)
    AND amana.my_agency() <> amana.brings_request_into(NEW.state, NEW.instrument, NEW.from_agency_id, NEW.to_agency_id) THEN
    RAISE EXCEPTION 'it is not for this agency to make a request %', NEW.state USING ERRCODE = '42501';
  END IF;
  IF OLD.state <> 'draft' AND (NEW.form, NEW.form_sha256, NEW.urgency, NEW.reference, NEW.team_id, NEW.submitted_by, NEW.submitted_at)
      IS DISTINCT FROM (OLD.form, OLD.form_sha256, OLD.urgency, OLD.reference, OLD.team_id, OLD.submitted_by, OLD.submitted_at) THEN
    RAISE EXCEPTION 'a request that was submitted stays as it was' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_jump BEFORE UPDATE ON amana.evidence_request FOR EACH ROW EXECUTE FUNCTION amana.refuse_request_jump();

-- ── What each role may do, and the second wall ────────────────────────────────────────────────────────────────────
GRANT SELECT, INSERT ON amana.evidence_request, amana.request_clarification, amana.request_grant, amana.request_deadline TO amana_app;
GRANT UPDATE (urgency, reference, team_id, form, form_sha256, state, submitted_by, submitted_at, acknowledged_by, acknowledged_at,
  answered_by, answered_at, answer, fulfilled_at, ended_at, withdrawal, version) ON amana.evidence_request TO amana_app;
GRANT UPDATE (ended_at, replaced) ON amana.request_deadline TO amana_app;
GRANT SELECT ON amana.evidence_request, amana.request_clarification, amana.request_grant, amana.request_deadline TO amana_worker;
GRANT UPDATE (version) ON amana.evidence_request TO amana_worker;
GRANT UPDATE (reminded_at, overdue_at) ON amana.request_deadline TO amana_worker;

DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['evidence_request', 'request_clarification', 'request_grant', 'request_deadline'] LOOP
    EXECUTE format('ALTER TABLE amana.%I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE amana.%I FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY worker_sees_all ON amana.%I TO amana_worker USING (true) WITH CHECK (true)', walled);
  END LOOP;
END $$;

CREATE POLICY asking_reads ON amana.evidence_request FOR SELECT TO amana_app USING (from_agency_id = amana.my_agency());
CREATE POLICY asked_reads ON amana.evidence_request FOR SELECT TO amana_app
  USING (to_agency_id = amana.my_agency() AND submitted_at IS NOT NULL);
CREATE POLICY oversight_reads ON amana.evidence_request FOR SELECT TO amana_app
  USING (submitted_at IS NOT NULL AND amana.my_oversight_state() IN (amana.state_of(from_agency_id), amana.state_of(to_agency_id)));
CREATE POLICY draft ON amana.evidence_request FOR INSERT TO amana_app
  WITH CHECK (from_agency_id = amana.my_agency() AND drafted_by = amana.my_officer() AND state = 'draft');
CREATE POLICY sides_act ON amana.evidence_request FOR UPDATE TO amana_app
  USING (from_agency_id = amana.my_agency() OR (to_agency_id = amana.my_agency() AND submitted_at IS NOT NULL))
  WITH CHECK (amana.my_agency() IN (from_agency_id, to_agency_id));

-- Whoever sees the request sees what belongs to it; the sides alone add to it.
CREATE POLICY readers ON amana.request_clarification FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.evidence_request r WHERE r.id = request_id));
CREATE POLICY sides_write ON amana.request_clarification FOR INSERT TO amana_app
  WITH CHECK (agency_id = amana.my_agency() AND officer_id = amana.my_officer() AND EXISTS (SELECT FROM amana.evidence_request r
    WHERE r.id = request_id AND r.submitted_at IS NOT NULL AND amana.my_agency() IN (r.from_agency_id, r.to_agency_id)));
CREATE POLICY readers ON amana.request_grant FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.evidence_request r WHERE r.id = request_id));
CREATE POLICY supplier_links ON amana.request_grant FOR INSERT TO amana_app
  WITH CHECK (EXISTS (SELECT FROM amana.evidence_request r JOIN amana.evidence_grant g ON g.id = grant_id WHERE r.id = request_id
    AND amana.my_agency() = g.from_agency_id AND g.approved_by IS NOT NULL
    AND amana.my_agency() = amana.brings_request_into('fulfilled', r.instrument, r.from_agency_id, r.to_agency_id)
    AND g.to_agency_id IN (r.from_agency_id, r.to_agency_id)));
CREATE POLICY readers ON amana.request_deadline FOR SELECT TO amana_app
  USING (EXISTS (SELECT FROM amana.evidence_request r WHERE r.id = request_id));
CREATE POLICY sides_set ON amana.request_deadline FOR INSERT TO amana_app
  WITH CHECK (reminded_at IS NULL AND overdue_at IS NULL AND EXISTS (SELECT FROM amana.evidence_request r
    WHERE r.id = request_id AND amana.my_agency() IN (r.from_agency_id, r.to_agency_id)));
CREATE POLICY sides_end ON amana.request_deadline FOR UPDATE TO amana_app
  USING (EXISTS (SELECT FROM amana.evidence_request r WHERE r.id = request_id AND amana.my_agency() IN (r.from_agency_id, r.to_agency_id)))
  WITH CHECK (ended_at IS NOT NULL);

-- ── A request stands in the registers of both its agencies, whichever of them acts ────────────────────────────────
CREATE FUNCTION amana.request_between(wanted uuid, one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
  RETURN EXISTS (SELECT FROM amana.evidence_request r WHERE r.id = wanted AND r.submitted_at IS NOT NULL
    AND ((r.from_agency_id = one AND r.to_agency_id = other) OR (r.from_agency_id = other AND r.to_agency_id = one)));

-- Beside what may be appended anyway: what an officer who acts in this very transaction says of a request in the other agency's register.
CREATE FUNCTION amana.may_tell_counterpart(said jsonb, agency_ids uuid[]) RETURNS boolean LANGUAGE sql STABLE
  RETURN coalesce(said ->> 'kind' IN ('request-submitted', 'request-acknowledged', 'request-answered', 'request-clarified', 'request-fulfilled',
      'request-closed', 'request-withdrawn')
    AND said -> 'actor' ->> 'kind' = 'officer' AND said -> 'chain' ->> 'kind' = 'agency'
    AND (said -> 'actor' ->> 'officerId')::uuid = amana.my_officer() AND (said -> 'actor' ->> 'agencyId')::uuid = amana.my_agency()
    AND amana.my_agency() = ANY (agency_ids)
    AND amana.request_between((said ->> 'requestId')::uuid, amana.my_agency(), (said -> 'chain' ->> 'id')::uuid), false);

DO $$
BEGIN
  GRANT CREATE ON SCHEMA amana TO amana_definer;
  ALTER FUNCTION amana.request_between(uuid, uuid, uuid) OWNER TO amana_definer;
  REVOKE ALL ON FUNCTION amana.request_between(uuid, uuid, uuid) FROM PUBLIC;
  REVOKE CREATE ON SCHEMA amana FROM amana_definer;
END $$;
GRANT EXECUTE ON FUNCTION amana.request_between(uuid, uuid, uuid) TO amana_app;
GRANT SELECT ON amana.evidence_request TO amana_definer;
CREATE POLICY definer_looks ON amana.evidence_request FOR SELECT TO amana_definer USING (true);
CREATE POLICY append_of_request ON amana.custody_event FOR INSERT TO amana_app
  WITH CHECK (amana.may_tell_counterpart(convert_from(body, 'UTF8')::jsonb, agency_ids));
