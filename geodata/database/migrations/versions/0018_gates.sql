CREATE TABLE gates (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    code TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    area_code TEXT,
    compound_code TEXT,
    extra JSONB DEFAULT '{}'::jsonb NOT NULL,
    import_id BIGINT,
    held TSTZRANGE DEFAULT tstzrange(now(), NULL) NOT NULL,
    geom geometry(POINT,4326) NOT NULL,
    CONSTRAINT pk_gates PRIMARY KEY (id),
    CONSTRAINT ex_gates_code_held EXCLUDE USING gist (code WITH =, held WITH &&),
    CONSTRAINT ck_gates_held_not_empty CHECK (not isempty(held))
);

CREATE UNIQUE INDEX uq_gates_code_now ON gates (code) WHERE upper_inf(held);

CREATE INDEX ix_gates_geom ON gates USING gist (geom);

COMMENT ON TABLE gates IS 'where one gets into a closed compound on foot';

COMMENT ON COLUMN gates.area_code IS 'the community that it lies in';

COMMENT ON COLUMN gates.compound_code IS 'the compound that it leads into';

COMMENT ON COLUMN gates.import_id IS 'imports.id that brought this version';

ALTER TABLE facilities
    ADD COLUMN capacity INTEGER,
    ADD CONSTRAINT ck_facilities_capacity_not_negative CHECK (capacity >= 0);

ALTER TABLE streets
    ADD COLUMN z_level INTEGER,
    ADD COLUMN foot BOOLEAN,
    ADD COLUMN foot_oneway INTEGER;

COMMENT ON COLUMN streets.z_level IS '0 on the ground; streets of different ones do not meet';

COMMENT ON COLUMN streets.foot IS 'whether one may walk there, whatever its kind says';

COMMENT ON COLUMN streets.foot_oneway IS '1 walked as drawn alone, -1 against it alone';
