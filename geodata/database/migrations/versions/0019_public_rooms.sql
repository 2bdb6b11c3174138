CREATE TABLE public_rooms (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    code TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    compound_code TEXT,
    area_code TEXT,
    address TEXT,
    developer TEXT,
    planned_use TEXT,
    planned_m2 DOUBLE PRECISION CONSTRAINT ck_public_rooms_planned_m2_not_negative CHECK (planned_m2 >= 0),
    planned_on DATE,
    plan_document TEXT,
    accepted_m2 DOUBLE PRECISION CONSTRAINT ck_public_rooms_accepted_m2_not_negative CHECK (accepted_m2 >= 0),
    accepted_on DATE,
    handed_m2 DOUBLE PRECISION CONSTRAINT ck_public_rooms_handed_m2_not_negative CHECK (handed_m2 >= 0),
    handed_on DATE,
    used_as TEXT,
    used_since DATE,
    revision INTEGER DEFAULT 1 NOT NULL,
    geom geometry(POINT,4326),
    extra JSONB DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT pk_public_rooms PRIMARY KEY (id),
    CONSTRAINT uq_public_rooms_code UNIQUE (code)
);

CREATE INDEX ix_public_rooms_compound ON public_rooms (compound_code);

COMMENT ON TABLE public_rooms IS 'rooms for public service that a developer owes with a compound';

COMMENT ON COLUMN public_rooms.compound_code IS 'the compound that it was built with';

COMMENT ON COLUMN public_rooms.area_code IS 'the community that it lies in';

COMMENT ON COLUMN public_rooms.developer IS 'who owes it';

COMMENT ON COLUMN public_rooms.planned_use IS 'a facility kind key of the profile';

COMMENT ON COLUMN public_rooms.planned_m2 IS 'as the plan says';

COMMENT ON COLUMN public_rooms.plan_document IS 'where the plan says so';

COMMENT ON COLUMN public_rooms.accepted_m2 IS 'as it was measured when it was accepted';

COMMENT ON COLUMN public_rooms.handed_m2 IS 'as it was handed over';

COMMENT ON COLUMN public_rooms.used_as IS 'a facility kind key of the profile; absent: not in use';

CREATE TABLE room_findings (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    room_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    m2 DOUBLE PRECISION CONSTRAINT ck_room_findings_m2_not_negative CHECK (m2 >= 0),
    found_on DATE NOT NULL,
    owner TEXT,
    due_on DATE,
    ordered_on DATE,
    ended_on DATE,
    outcome TEXT,
    recovered_m2 DOUBLE PRECISION CONSTRAINT ck_room_findings_recovered_m2_not_negative CHECK (recovered_m2 >= 0),
    CONSTRAINT pk_room_findings PRIMARY KEY (id),
    CONSTRAINT ck_room_findings_ended_with_outcome CHECK ((ended_on is null) = (outcome is null)),
    CONSTRAINT fk_room_findings_room_id FOREIGN KEY(room_id) REFERENCES public_rooms (id)
);

CREATE INDEX ix_room_findings_room ON room_findings (room_id);

COMMENT ON TABLE room_findings IS 'rooms that are not there or used for something else, until recovered';

COMMENT ON COLUMN room_findings.kind IS 'let, sold, occupied, other_use, missing, smaller';

COMMENT ON COLUMN room_findings.m2 IS 'how much of the room it concerns';

COMMENT ON COLUMN room_findings.owner IS 'the department that sees to it';

COMMENT ON COLUMN room_findings.ordered_on IS 'since when somebody is told to give it back';

COMMENT ON COLUMN room_findings.outcome IS 'recovered or withdrawn';

COMMENT ON COLUMN room_findings.recovered_m2 IS 'given back to public use';

CREATE TABLE room_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    room_id BIGINT NOT NULL,
    finding_id BIGINT,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    user_id BIGINT,
    by_name TEXT NOT NULL,
    step TEXT NOT NULL,
    changes JSONB DEFAULT '{}'::jsonb NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_room_entries PRIMARY KEY (id),
    CONSTRAINT fk_room_entries_room_id FOREIGN KEY(room_id) REFERENCES public_rooms (id),
    CONSTRAINT fk_room_entries_finding_id FOREIGN KEY(finding_id) REFERENCES room_findings (id)
);

CREATE INDEX ix_room_entries_room ON room_entries (room_id, id);

COMMENT ON TABLE room_entries IS 'what was done with a room; never edited';

COMMENT ON COLUMN room_entries.user_id IS 'users.id; absent: from the terminal';

COMMENT ON COLUMN room_entries.by_name IS 'the name as it was then';

CREATE TRIGGER room_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON room_entries
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_edit();
