ALTER TABLE cases ADD COLUMN revision INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE cases ADD COLUMN stage_since TIMESTAMP WITH TIME ZONE;

ALTER TABLE cases ADD COLUMN assignee_id BIGINT;

ALTER TABLE cases ADD COLUMN first_owner_id BIGINT;

ALTER TABLE cases ADD COLUMN department TEXT;

ALTER TABLE cases ADD COLUMN level TEXT;

ALTER TABLE cases ADD COLUMN urgent BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE cases ADD COLUMN joined_to BIGINT;

COMMENT ON COLUMN cases.revision IS 'one more with each step: who saw an older one is refused';

COMMENT ON COLUMN cases.stage_since IS 'when it came into its state';

COMMENT ON COLUMN cases.assignee_id IS 'users.id of whom it was sent to';

COMMENT ON COLUMN cases.first_owner_id IS 'users.id of whom was asked first (首问负责)';

COMMENT ON COLUMN cases.department IS 'a department key of the profile';

COMMENT ON COLUMN cases.level IS 'the level of areas that it has been raised to';

COMMENT ON COLUMN cases.joined_to IS 'the case that it is one with';

CREATE TABLE case_steps (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    user_id BIGINT,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT,
    reason TEXT DEFAULT '' NOT NULL,
    details JSONB DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT pk_case_steps PRIMARY KEY (id)
);

CREATE INDEX ix_case_steps_case_id ON case_steps (case_id, id);

COMMENT ON TABLE case_steps IS 'what was done with a case, who did it and why; a trigger forbids editing it';

COMMENT ON COLUMN case_steps.case_id IS 'cases.id';

COMMENT ON COLUMN case_steps.user_id IS 'users.id; absent: a reporter, a file or the clock';

COMMENT ON COLUMN case_steps.actor IS 'the name as it was then';

COMMENT ON COLUMN case_steps.kind IS 'a step key of the profile, or one of our own';

CREATE TRIGGER case_steps_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON case_steps
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_edit();

CREATE TABLE case_reporters (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    source TEXT NOT NULL,
    name TEXT,
    telephone TEXT,
    email TEXT,
    follow_code TEXT,
    forget_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_case_reporters PRIMARY KEY (id),
    CONSTRAINT uq_case_reporters_follow_code UNIQUE (follow_code)
);

CREATE INDEX ix_case_reporters_case_id ON case_reporters (case_id);

CREATE INDEX ix_case_reporters_forget_at ON case_reporters (forget_at);

COMMENT ON TABLE case_reporters IS 'who reported a case; several where cases were joined';

COMMENT ON COLUMN case_reporters.case_id IS 'cases.id that it was reported as';

COMMENT ON COLUMN case_reporters.name IS 'personal: masked unless needed, reading logged';

COMMENT ON COLUMN case_reporters.telephone IS 'personal: masked unless needed, reading logged';

COMMENT ON COLUMN case_reporters.email IS 'personal: masked unless needed, reading logged';

COMMENT ON COLUMN case_reporters.follow_code IS 'by which the reporter follows the case';

COMMENT ON COLUMN case_reporters.forget_at IS 'when what is personal is deleted';
