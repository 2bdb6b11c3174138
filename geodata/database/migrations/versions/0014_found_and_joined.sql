-- A case that is joined to another is not on the map of its own: its position there is taken back,
-- and the ledgers, which read positions, count it no more. One pass over the table for all of it.
ALTER TABLE cases
    DROP COLUMN mx,
    DROP COLUMN my,
    ADD COLUMN joined_state TEXT,
    ADD COLUMN reports INTEGER DEFAULT 1 NOT NULL,
    ADD COLUMN place_state TEXT,
    ADD COLUMN place_score REAL,
    ADD COLUMN mx INTEGER GENERATED ALWAYS AS (
        CASE WHEN joined_to IS NULL AND ST_X(geom) IS NOT NULL THEN
        least(greatest(floor((ST_X(geom) + 180) / 360 * 1073741824), 0), 1073741823)::integer END
    ) STORED,
    ADD COLUMN my INTEGER GENERATED ALWAYS AS (
        CASE WHEN joined_to IS NULL AND ST_Y(geom) IS NOT NULL THEN
        least(greatest(floor((0.5 - ln(tan(pi() / 4 + radians(
            least(greatest(ST_Y(geom), -85.06), 85.06)) / 2)) / (2 * pi())) * 1073741824), 0),
            1073741823)::integer END
    ) STORED,
    ADD CONSTRAINT ck_cases_place_state_known
        CHECK (place_state in ('given', 'sure', 'doubtful', 'none', 'chosen'));

COMMENT ON COLUMN cases.mx IS 'Web Mercator from the west, the world 2^30 wide; absent: not on the map';

COMMENT ON COLUMN cases.my IS 'Web Mercator from the north, the world 2^30 high; absent: not on the map';

COMMENT ON COLUMN cases.joined_to IS 'the case that it is one with, which leads it';

COMMENT ON COLUMN cases.joined_state IS 'the state that it had when it was joined';

COMMENT ON COLUMN cases.reports IS 'its own report and those of the cases joined to it';

COMMENT ON COLUMN cases.place_state IS 'given, sure, doubtful or none from its address, chosen by a person; absent: never looked for';

COMMENT ON COLUMN cases.place_score IS 'of the place found for its address, 0 to 1';

CREATE INDEX ix_cases_reported_at ON cases (reported_at)
    INCLUDE (mx, my, id, category, source, state, area_code, joined_to);

CREATE INDEX ix_cases_area_code ON cases (area_code, reported_at)
    INCLUDE (mx, my, category, source, state, joined_to);

CREATE INDEX ix_cases_mercator ON cases ((mx >> 14), my)
    INCLUDE (mx, id, category, source, state, reported_at, area_code, grid_code, compound_code);

CREATE INDEX ix_cases_joined_to ON cases (joined_to) WHERE joined_to is not null;

CREATE INDEX ix_cases_unplaced ON cases (reported_at, id)
    INCLUDE (state, area_code, place_state) WHERE geom is null and joined_to is null;

CREATE TABLE case_partings (
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    parted_by TEXT NOT NULL,
    CONSTRAINT pk_case_partings PRIMARY KEY (low, high),
    CONSTRAINT ck_case_partings_in_order CHECK (low < high)
);

COMMENT ON TABLE case_partings IS 'pairs of cases that a person said are not the same trouble; not offered again';

COMMENT ON COLUMN case_partings.low IS 'cases.id';

COMMENT ON COLUMN case_partings.high IS 'cases.id';

COMMENT ON COLUMN case_partings.parted_by IS 'the name as it was then';

CREATE TABLE place_aliases (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    word TEXT NOT NULL,
    reading TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT,
    taught_by TEXT NOT NULL,
    taught_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    case_id BIGINT,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by TEXT,
    geom geometry(POINT, 4326),
    CONSTRAINT pk_place_aliases PRIMARY KEY (id),
    CONSTRAINT ck_place_aliases_alias_kind_known
        CHECK (kind in ('area', 'compound', 'facility', 'street', 'point')),
    CONSTRAINT ck_place_aliases_alias_names_a_place CHECK ((kind = 'point') = (code is null)),
    CONSTRAINT ck_place_aliases_alias_has_a_point CHECK ((kind = 'point') = (geom is not null))
);

CREATE UNIQUE INDEX uq_place_aliases_now ON place_aliases (reading, kind, code)
    WHERE ended_at is null and kind <> 'point';

COMMENT ON TABLE place_aliases IS 'words that people taught for places; ended, never deleted';

COMMENT ON COLUMN place_aliases.word IS 'what people call it';

COMMENT ON COLUMN place_aliases.reading IS 'the word as addresses are compared';

COMMENT ON COLUMN place_aliases.code IS 'of the area, compound, facility or street''s name';

COMMENT ON COLUMN place_aliases.taught_by IS 'the name as it was then';

COMMENT ON COLUMN place_aliases.case_id IS 'cases.id of the ticket that taught it';

COMMENT ON COLUMN place_aliases.ended_at IS 'since when it counts no more';

COMMENT ON COLUMN place_aliases.ended_by IS 'the name as it was then';

COMMENT ON COLUMN place_aliases.geom IS 'of a mere point';
