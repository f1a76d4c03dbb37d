-- What an invitation gave to somebody whose role the sign-in provider's rule gave already: the rule's role comes and goes, this one stays.
-- Null where the role is one thing alone.
ALTER TABLE memberships ADD COLUMN invited_role INTEGER CHECK (invited_role IS NULL OR invited_role BETWEEN 0 AND 3);

-- Since when a project has its name; null: since it was made. Names are unique among the projects that somebody sees. Where several have
-- the same, the sign-in provider's rule means the one that has had it for longest, so that nobody draws its people to a project of theirs.
ALTER TABLE projects ADD COLUMN named_at INTEGER;
