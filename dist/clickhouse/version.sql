-- That all the tables are there, as schema.sql (or cluster.sql) and ttl.sql of this version make them: applied last.
INSERT INTO dnsblame_schema (version) VALUES (2);
