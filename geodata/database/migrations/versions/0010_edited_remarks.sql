ALTER TABLE plan_comments ADD COLUMN version INTEGER DEFAULT 1 NOT NULL;

ALTER TABLE plan_comments ADD COLUMN edited_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE plan_comments ADD COLUMN edited_by TEXT;

COMMENT ON COLUMN plan_comments.version IS 'one more whenever its words are changed';

COMMENT ON COLUMN plan_comments.edited_at IS 'the last time';

COMMENT ON COLUMN plan_comments.edited_by IS 'the name as it was then';
