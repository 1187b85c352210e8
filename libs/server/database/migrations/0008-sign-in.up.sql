-- ── Sign-in: proofs that were used, sessions that have ended, what nonces are made with ──────────────────────────
-- A proof is good for a minute, and once. Unlogged, so that keeping it waits for no disk: after a crash of the server it is empty, and
-- what was used in the last minute before could be used again by who holds token and proof both.
CREATE UNLOGGED TABLE amana.spent_proof (
  -- SHA-256 over key and jti.
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  until timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON amana.spent_proof TO amana_app;

-- Told by the issuer (OpenID Connect Back-Channel Logout 1.0): one session (`sid:…`), or all that somebody had begun by then (`sub:…`).
CREATE TABLE amana.ended_session (
  issuer text NOT NULL,
  name text NOT NULL CHECK (name ~ '^(sid|sub):' AND length(name) <= 300),
  ended_at timestamptz NOT NULL,
  -- No token of it is in force any more by then.
  until timestamptz NOT NULL,
  PRIMARY KEY (issuer, name)
);
GRANT SELECT, INSERT, UPDATE (ended_at, until), DELETE ON amana.ended_session TO amana_app;

-- One for all API processes. Who has it can tell a nonce, which is good for nothing without the key of a sign-in.
CREATE TABLE amana.proof_nonce_key (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  key bytea NOT NULL CHECK (octet_length(key) = 32)
);
INSERT INTO amana.proof_nonce_key (key) VALUES (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
GRANT SELECT ON amana.proof_nonce_key TO amana_app;
