-- How often it was looked whether the file can be written, by writing this number.
ALTER TABLE database_identity ADD COLUMN write_checks INTEGER NOT NULL DEFAULT 0;
