-- How often the server died while it composed the message. One over which it died twice is leased alone, so that it is known
-- which of them ends the process; after the third time it is not tried again.
ALTER TABLE outbox ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_crashed ON outbox (status, key) WHERE crashes > 1;
