-- Takes the schema away. The roles stay: they belong to the cluster and may serve other databases.
DROP SCHEMA amana CASCADE;
