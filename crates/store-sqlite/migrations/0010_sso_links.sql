-- Linking the sign-in provider to an account that exists: it is finished in the session that began it, or not at all.
-- Null for a sign-in.
ALTER TABLE provider_sign_ins ADD COLUMN session_id BLOB CHECK (session_id IS NULL OR length(session_id) = 16);
