-- The editor: saves that notice one another, and versions that everybody left at once (docs/engine.md).

-- Rises with every save of the graph and the settings; a save names the one that it began from.
ALTER TABLE versions ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE versions ADD COLUMN saved_by BLOB REFERENCES users (id);
ALTER TABLE versions ADD COLUMN saved_at INTEGER;
-- Everybody inside left when a newer version was published.
ALTER TABLE versions ADD COLUMN left_at INTEGER;
-- How everybody inside ended at once, as in enrolments.state (5 stopped, 6 version exit): nobody is inside, and nothing is
-- queued, whatever rows of people and messages say until they are swept. Whoever left before a Stop was not stopped by it.
ALTER TABLE versions ADD COLUMN emptied INTEGER
    GENERATED ALWAYS AS (CASE WHEN left_at IS NOT NULL THEN 6 WHEN status = 6 THEN 5 END) VIRTUAL;
CREATE INDEX versions_emptied ON versions (seq) WHERE emptied IS NOT NULL;

-- A draft saves itself every few seconds; the engine reads anew only what people are, or may soon be, inside of.
DROP TRIGGER versions_edited;
CREATE TRIGGER versions_edited AFTER UPDATE OF graph, settings ON versions WHEN NEW.status BETWEEN 1 AND 5 BEGIN
    UPDATE engine_state SET epoch = epoch + 1, content = content + 1;
END;
