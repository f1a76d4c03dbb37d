-- Who receives a message: of a webhook the machine and the port, of the other channels their provider ('').
-- What waits for one that does not answer keeps nothing waiting for another. Webhooks whose address is made for each person, and
-- those that waited before this, learn theirs when they are taken first.
ALTER TABLE outbox ADD COLUMN receiver TEXT NOT NULL DEFAULT '';

DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (version, channel, receiver, due_at) WHERE state = 0 AND lane = 1;
