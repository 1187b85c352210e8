DROP TABLE amana.scrub_fault;
DROP TABLE amana.scrub_pass;
