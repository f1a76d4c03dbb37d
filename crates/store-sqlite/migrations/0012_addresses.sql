-- Addresses on the list that stand there in a spelling of before (a domain in letters of other scripts, quotes, a number without
-- its +): the next start brings them to the one spelling (server/addresses.rs), which SQL cannot make, and empties this.
CREATE TABLE suppressions_to_spell (
    project  INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    PRIMARY KEY (project, kind, address)
) STRICT, WITHOUT ROWID;
INSERT INTO suppressions_to_spell (project, kind, address)
SELECT project, kind, address FROM suppressions
WHERE (kind = 'email' AND (address GLOB '*[^a-z0-9@._+-]*' OR address GLOB '*@*xn--*' OR address GLOB '*..*' OR address GLOB '*.@*'
        OR address GLOB '.*' OR address GLOB '*.'))
   OR (kind = 'phone' AND address NOT GLOB '+[1-9]*');

-- What a key for browsers said of somebody whom no trusted sender has named yet: keys of addresses, and consent:CHANNEL, as JSON.
-- It is dropped when one does, unless that one says the same. Null: there is nothing of that kind.
ALTER TABLE profiles ADD COLUMN of_browser TEXT;
