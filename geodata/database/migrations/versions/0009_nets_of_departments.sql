CREATE TABLE department_nets (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    filename TEXT NOT NULL,
    attribution TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    patches INTEGER NOT NULL,
    made_by BIGINT,
    made_by_name TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_department_nets PRIMARY KEY (id),
    CONSTRAINT uq_department_nets_name UNIQUE (name)
);

COMMENT ON TABLE department_nets IS 'nets of other departments over the same place';

COMMENT ON COLUMN department_nets.name IS 'of the department';

COMMENT ON COLUMN department_nets.filename IS 'of the file that it came in';

COMMENT ON COLUMN department_nets.attribution IS 'whose data it is';

COMMENT ON COLUMN department_nets.patches IS 'how many it has';

COMMENT ON COLUMN department_nets.made_by IS 'users.id';

CREATE TABLE department_patches (
    net_id BIGINT NOT NULL,
    patch INTEGER NOT NULL,
    code TEXT,
    name TEXT,
    geom geometry(MULTIPOLYGON,4326) NOT NULL,
    CONSTRAINT pk_department_patches PRIMARY KEY (net_id, patch),
    CONSTRAINT fk_department_patches_net_id FOREIGN KEY(net_id) REFERENCES department_nets (id) ON DELETE CASCADE
);

CREATE INDEX ix_department_patches_geom ON department_patches USING gist (geom);

COMMENT ON TABLE department_patches IS 'what a department calls a grid; they may overlap and leave holes';

COMMENT ON COLUMN department_patches.patch IS 'as in the file';

CREATE TABLE plan_correspondence (
    plan_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    net_id BIGINT,
    net TEXT,
    patch_code TEXT,
    patch_name TEXT,
    grid INTEGER,
    grid_code TEXT,
    grid_name TEXT,
    households BIGINT NOT NULL,
    area_m2 FLOAT NOT NULL,
    share FLOAT NOT NULL,
    CONSTRAINT pk_plan_correspondence PRIMARY KEY (plan_id, number),
    CONSTRAINT fk_plan_correspondence_plan_id FOREIGN KEY(plan_id) REFERENCES plans (id) ON DELETE CASCADE
);

COMMENT ON TABLE plan_correspondence IS 'which old patch became which grid, as it was when the plan was published';

COMMENT ON COLUMN plan_correspondence.net_id IS 'department_nets.id; absent: the net in force till then';

COMMENT ON COLUMN plan_correspondence.net IS 'its name, which stays when the net is removed';

COMMENT ON COLUMN plan_correspondence.grid IS 'plan_grids.grid; absent: in no grid';

COMMENT ON COLUMN plan_correspondence.share IS 'of the patch''s households, or of its ground';
