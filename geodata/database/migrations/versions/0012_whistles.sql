ALTER TABLE users ADD COLUMN department TEXT;

COMMENT ON COLUMN users.department IS 'a department key of the profile for which it acts';

CREATE TABLE case_calls (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_id BIGINT NOT NULL,
    whistle_no INTEGER NOT NULL,
    department TEXT NOT NULL,
    state TEXT DEFAULT 'called' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    called_at TIMESTAMP WITH TIME ZONE NOT NULL,
    called_by BIGINT,
    caller TEXT NOT NULL,
    answer_due TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    answered_by TEXT,
    arrive_due TIMESTAMP WITH TIME ZONE,
    arrived_at TIMESTAMP WITH TIME ZONE,
    finish_due TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE,
    raised_at TIMESTAMP WITH TIME ZONE,
    raised SMALLINT DEFAULT 0 NOT NULL,
    rating SMALLINT,
    remark TEXT DEFAULT '' NOT NULL,
    rated_by TEXT,
    rated_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_case_calls PRIMARY KEY (id),
    CONSTRAINT ck_case_calls_call_state_known CHECK (state in ('called', 'answered', 'arrived', 'finished', 'declined', 'withdrawn', 'left')),
    CONSTRAINT ck_case_calls_rating_in_range CHECK (rating between 1 and 5)
);

CREATE INDEX ix_case_calls_called_at ON case_calls (called_at);

CREATE INDEX ix_case_calls_case_id ON case_calls (case_id, id);

CREATE INDEX ix_case_calls_due_at ON case_calls (due_at) WHERE due_at is not null and raised_at is null;

CREATE UNIQUE INDEX uq_case_calls_running ON case_calls (case_id, department) WHERE ended_at is null;

COMMENT ON TABLE case_calls IS 'departments called to a case by whistle (吹哨报到), each with its own clocks';

COMMENT ON COLUMN case_calls.case_id IS 'cases.id';

COMMENT ON COLUMN case_calls.whistle_no IS 'of the case: 1 for its first whistle';

COMMENT ON COLUMN case_calls.department IS 'a department key of the profile';

COMMENT ON COLUMN case_calls.called_by IS 'users.id; absent: the terminal';

COMMENT ON COLUMN case_calls.caller IS 'the name as it was then';

COMMENT ON COLUMN case_calls.answered_by IS 'the name as it was then';

COMMENT ON COLUMN case_calls.ended_at IS 'finished, declined, withdrawn or left';

COMMENT ON COLUMN case_calls.due_at IS 'of the clock that runs; absent: none does';

COMMENT ON COLUMN case_calls.raised_at IS 'when that clock was told as late';

COMMENT ON COLUMN case_calls.rating IS '1 to 5';

COMMENT ON COLUMN case_calls.rated_by IS 'the name as it was then';

CREATE TABLE case_decisions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    week DATE NOT NULL,
    case_id BIGINT NOT NULL,
    opinion TEXT NOT NULL,
    responsible TEXT NOT NULL,
    until DATE,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_case_decisions PRIMARY KEY (id)
);

CREATE INDEX ix_case_decisions_case_id ON case_decisions (case_id);

CREATE INDEX ix_case_decisions_week ON case_decisions (week, case_id);

COMMENT ON TABLE case_decisions IS 'what weekly reviews decided of cases (民情日报周会审)';

COMMENT ON COLUMN case_decisions.week IS 'the Monday of the week that was reviewed';

COMMENT ON COLUMN case_decisions.case_id IS 'cases.id';

COMMENT ON COLUMN case_decisions.opinion IS 'what the meeting decided (会审意见)';

COMMENT ON COLUMN case_decisions.responsible IS 'who does it: an office or a person';

COMMENT ON COLUMN case_decisions.until IS 'the day by which it is done';

COMMENT ON COLUMN case_decisions.decided_by IS 'the name as it was then';

CREATE INDEX ix_cases_closed_at ON cases (closed_at);

CREATE INDEX ix_case_steps_at ON case_steps (at) INCLUDE (case_id, to_state);
