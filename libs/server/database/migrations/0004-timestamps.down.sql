DROP TRIGGER await_timestamp ON amana.exhibit;
DROP FUNCTION amana.await_timestamp();
DROP TABLE amana.manifest_unstamped;
DROP TABLE amana.manifest_timestamp;
DROP TABLE amana.log_timestamp;
