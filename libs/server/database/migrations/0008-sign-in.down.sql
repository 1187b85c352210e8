DROP TABLE amana.proof_nonce_key;
DROP TABLE amana.ended_session;
DROP TABLE amana.spent_proof;
