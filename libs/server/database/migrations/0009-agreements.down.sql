DROP POLICY recipient_releases ON amana.evidence_grant;
DROP POLICY third_state_gate ON amana.evidence_grant;
DROP POLICY definer_amends ON amana.team;
DROP POLICY definer_amends ON amana.agreement;
DROP POLICY definer_looks ON amana.team;
DROP POLICY definer_looks ON amana.agreement;
REVOKE UPDATE (name) ON amana.team FROM amana_definer;
REVOKE UPDATE (title, instrument, valid_from, valid_until) ON amana.agreement FROM amana_definer;
REVOKE SELECT ON amana.agreement, amana.team FROM amana_definer;

CREATE OR REPLACE FUNCTION amana.may_append(said jsonb, agency_ids uuid[]) RETURNS boolean LANGUAGE sql STABLE
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
DROP FUNCTION amana.may_tell_register(jsonb);
DROP TABLE amana.register_rule;

DROP POLICY parties_draft ON amana.agreement_text;
DROP FUNCTION amana.amend_agreement(uuid, jsonb, uuid[]);
DROP FUNCTION amana.crosses_third_state(uuid, uuid, uuid);
DROP FUNCTION amana.administers_team(uuid, uuid);
DROP FUNCTION amana.share_an_agreement(uuid, uuid, uuid);
DROP FUNCTION amana.last_revision(uuid);
DROP FUNCTION amana.may_negotiate(uuid);

REVOKE UPDATE (released_by, released_at, release_reason) ON amana.evidence_grant FROM amana_app;
ALTER TABLE amana.evidence_grant DROP COLUMN release_reason, DROP COLUMN released_at, DROP COLUMN released_by;
DROP TABLE amana.team_appointment;
DROP TABLE amana.agreement_stance;
DROP TABLE amana.agreement_text;

ALTER TABLE amana.agreement DROP COLUMN payload_sha256, DROP COLUMN administrators, DROP COLUMN third_states;
DROP FUNCTION amana.payload_sha256_of(jsonb);
DROP FUNCTION amana.administrators_of(jsonb);
DROP FUNCTION amana.third_states_of(jsonb);
