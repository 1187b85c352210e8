-- ── Scrub: passes over log and evidence, and where the one under way has come to ──────────────────────────────────
-- Says how much was read and how much was wrong, never of what: anyone may see it.
CREATE TABLE amana.scrub_pass (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  part text NOT NULL CHECK (part IN ('evidence', 'log')),
  began_at timestamptz(3) NOT NULL DEFAULT now(),
  ended_at timestamptz(3),
  -- The last file that was checked: exhibits are read in the order of their ids, each from its first file to its last.
  after_exhibit uuid,
  after_position integer,
  checked bigint NOT NULL DEFAULT 0,
  faults bigint NOT NULL DEFAULT 0
);
-- One pass over each part at a time, whatever number of workers.
CREATE UNIQUE INDEX scrub_under_way ON amana.scrub_pass (part) WHERE ended_at IS NULL;
CREATE INDEX scrub_ended ON amana.scrub_pass (part, ended_at DESC) WHERE ended_at IS NOT NULL;
GRANT SELECT ON amana.scrub_pass TO amana_app;
GRANT SELECT, INSERT, UPDATE (ended_at, after_exhibit, after_position, checked, faults) ON amana.scrub_pass TO amana_worker;

-- Faults of the log that were told: each is told once.
CREATE TABLE amana.scrub_fault (
  part text NOT NULL,
  log_index bigint NOT NULL,
  detail text NOT NULL,
  found_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (part, log_index, detail)
);
GRANT SELECT, INSERT ON amana.scrub_fault TO amana_worker;
