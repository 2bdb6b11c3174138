ALTER TABLE cases
    ADD COLUMN due_given TIMESTAMP WITH TIME ZONE,
    ADD COLUMN warn_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN stage_due_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN stage_warn_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN paused_since TIMESTAMP WITH TIME ZONE,
    ADD COLUMN raise_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN asked TEXT;

COMMENT ON COLUMN cases.due_given IS 'when its source said that it is due; absent: by the profile';

COMMENT ON COLUMN cases.warn_at IS 'from when it is nearly late; absent while its clock stands';

COMMENT ON COLUMN cases.stage_due_at IS 'by when it should leave its state';

COMMENT ON COLUMN cases.stage_warn_at IS 'from when it is nearly late in its state';

COMMENT ON COLUMN cases.paused_since IS 'since when its clocks stand still; absent: they run';

COMMENT ON COLUMN cases.raise_at IS 'when the next level is told of it; absent: nothing is due';

COMMENT ON COLUMN cases.asked IS 'what waits for a yes: pause or extension';

CREATE INDEX ix_cases_raise_at ON cases (raise_at) WHERE raise_at IS NOT NULL;

CREATE INDEX ix_cases_assignee_id ON cases (assignee_id) WHERE assignee_id IS NOT NULL;

CREATE INDEX ix_cases_asked ON cases (id) WHERE asked IS NOT NULL;

ALTER TABLE users ADD COLUMN telephone TEXT;

COMMENT ON COLUMN users.telephone IS 'of duty: colleagues see it';

CREATE TABLE own_days (
    day DATE NOT NULL,
    works BOOLEAN NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_own_days PRIMARY KEY (day)
);

COMMENT ON TABLE own_days IS 'days that the operator says are worked or not; they outdo every other calendar';

COMMENT ON COLUMN own_days.set_by IS 'the name as it was then';

CREATE TABLE duty (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    user_id BIGINT NOT NULL,
    area_code TEXT,
    post TEXT DEFAULT '' NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_duty PRIMARY KEY (id),
    CONSTRAINT fk_duty_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT ck_duty_in_order CHECK (since < until)
);

COMMENT ON TABLE duty IS 'who is on duty, when and for which area (值班表)';

COMMENT ON COLUMN duty.area_code IS 'an area or grid; absent: everywhere';

COMMENT ON COLUMN duty.post IS 'as what, such as leader or grid worker';

COMMENT ON COLUMN duty.set_by IS 'the name as it was then';

CREATE INDEX ix_duty_until ON duty (until, since);

CREATE UNIQUE INDEX uq_duty_user_id ON duty (user_id, coalesce(area_code, ''::text), since);
