CREATE TABLE plans (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    area_code TEXT NOT NULL,
    communities TEXT[] NOT NULL,
    start TEXT NOT NULL,
    copied_from BIGINT,
    state TEXT DEFAULT 'draft' NOT NULL CONSTRAINT ck_plans_state_known CHECK (state IN ('draft', 'submitted', 'approved', 'published', 'withdrawn')),
    srid INTEGER NOT NULL,
    revision BIGINT DEFAULT 0 NOT NULL,
    undoable BIGINT,
    redoable BIGINT,
    next_unit INTEGER NOT NULL,
    next_grid INTEGER NOT NULL,
    base JSONB NOT NULL,
    report JSONB DEFAULT '{}'::jsonb NOT NULL,
    made_by BIGINT,
    made_by_name TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    submitted_by BIGINT,
    submitted_revision BIGINT,
    approved_by BIGINT,
    holds_from DATE,
    reason TEXT,
    published JSONB,
    CONSTRAINT pk_plans PRIMARY KEY (id)
);

CREATE INDEX ix_plans_area_code ON plans (area_code);

COMMENT ON TABLE plans IS 'drafts of a net';

COMMENT ON COLUMN plans.area_code IS 'the area whose net is drawn';

COMMENT ON COLUMN plans.communities IS 'areas.code of those inside';

COMMENT ON COLUMN plans.start IS 'current, compounds, proposal, file or copy';

COMMENT ON COLUMN plans.copied_from IS 'plans.id';

COMMENT ON COLUMN plans.srid IS 'EPSG of the metres it is drawn in';

COMMENT ON COLUMN plans.undoable IS 'revision of the step that undo takes back';

COMMENT ON COLUMN plans.redoable IS 'revision of the undo that redo takes back';

COMMENT ON COLUMN plans.next_unit IS 'never used before in this draft';

COMMENT ON COLUMN plans.next_grid IS 'never used before in this draft';

COMMENT ON COLUMN plans.base IS 'code → grids.id of what stood at its start';

COMMENT ON COLUMN plans.made_by IS 'users.id';

COMMENT ON COLUMN plans.submitted_by IS 'users.id';

COMMENT ON COLUMN plans.submitted_revision IS 'the revision that is to be approved';

COMMENT ON COLUMN plans.approved_by IS 'users.id, another than submitted_by';

COMMENT ON COLUMN plans.holds_from IS 'the day from which it is in force';

COMMENT ON COLUMN plans.reason IS 'why it was published';

COMMENT ON COLUMN plans.published IS 'grids.id closed and opened, to withdraw it';

CREATE TABLE plan_steps (
    plan_id BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    user_id BIGINT,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    "of" BIGINT,
    below BIGINT,
    action JSONB DEFAULT '{}'::jsonb NOT NULL,
    units INTEGER[] NOT NULL,
    grids INTEGER[] NOT NULL,
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    CONSTRAINT pk_plan_steps PRIMARY KEY (plan_id, revision)
);

CREATE INDEX ix_plan_steps_publish ON plan_steps (plan_id) WHERE kind = 'publish';

COMMENT ON TABLE plan_steps IS 'what was done to drafts; rows are never edited';

COMMENT ON COLUMN plan_steps.plan_id IS 'plans.id';

COMMENT ON COLUMN plan_steps.revision IS 'of the draft after this step';

COMMENT ON COLUMN plan_steps.user_id IS 'users.id';

COMMENT ON COLUMN plan_steps.actor IS 'the name as it was then';

COMMENT ON COLUMN plan_steps.kind IS 'the action, or undo, redo, proposal';

COMMENT ON COLUMN plan_steps."of" IS 'revision of the step that was taken back or done again';

COMMENT ON COLUMN plan_steps.below IS 'what lay under it to be undone, or redone for an undo';

COMMENT ON COLUMN plan_steps.units IS 'that changed, came or went';

COMMENT ON COLUMN plan_steps.grids IS 'that changed, came or went';

COMMENT ON COLUMN plan_steps.before IS 'the rows as they were';

COMMENT ON COLUMN plan_steps.after IS 'the rows as they became';

CREATE TABLE plan_units (
    plan_id BIGINT NOT NULL,
    unit INTEGER NOT NULL,
    grid INTEGER,
    kind TEXT NOT NULL,
    compound TEXT,
    closed BOOLEAN NOT NULL,
    community TEXT NOT NULL,
    households INTEGER,
    residents INTEGER,
    elderly INTEGER,
    rented INTEGER,
    shops INTEGER,
    buildings INTEGER,
    cases INTEGER,
    homes JSONB NOT NULL,
    geom geometry(POLYGON,-1) NOT NULL,
    CONSTRAINT pk_plan_units PRIMARY KEY (plan_id, unit),
    CONSTRAINT fk_plan_units_plan_id FOREIGN KEY(plan_id) REFERENCES plans (id) ON DELETE CASCADE
);

CREATE INDEX ix_plan_units_geom ON plan_units USING gist (plan_id, geom);

CREATE INDEX ix_plan_units_grid ON plan_units (plan_id, grid);

COMMENT ON TABLE plan_units IS 'the ground of a draft, cut; together a coverage';

COMMENT ON COLUMN plan_units.grid IS 'plan_grids.grid; absent: in no grid';

COMMENT ON COLUMN plan_units.kind IS 'compound, block, water or rest';

COMMENT ON COLUMN plan_units.compound IS 'compounds.code';

COMMENT ON COLUMN plan_units.closed IS 'a compound that is never cut';

COMMENT ON COLUMN plan_units.community IS 'areas.code';

COMMENT ON COLUMN plan_units.homes IS '[x, y, counts…] of each building';

COMMENT ON COLUMN plan_units.geom IS 'in the metres of plans.srid';

CREATE TABLE plan_grids (
    plan_id BIGINT NOT NULL,
    grid INTEGER NOT NULL,
    code TEXT,
    name TEXT DEFAULT '' NOT NULL,
    community TEXT,
    locked BOOLEAN DEFAULT false NOT NULL,
    worker TEXT,
    CONSTRAINT pk_plan_grids PRIMARY KEY (plan_id, grid),
    CONSTRAINT fk_plan_grids_plan_id FOREIGN KEY(plan_id) REFERENCES plans (id) ON DELETE CASCADE
);

COMMENT ON TABLE plan_grids IS 'the grids of a draft; their borders are those of their units';

COMMENT ON COLUMN plan_grids.code IS 'grids.code; absent: a new one';

COMMENT ON COLUMN plan_grids.community IS 'areas.code';

COMMENT ON COLUMN plan_grids.worker IS 'who answers for it';

CREATE TABLE plan_comments (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    plan_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    user_id BIGINT,
    actor TEXT NOT NULL,
    revision BIGINT NOT NULL,
    words TEXT NOT NULL,
    geom geometry(POINT,4326) NOT NULL,
    CONSTRAINT pk_plan_comments PRIMARY KEY (id),
    CONSTRAINT fk_plan_comments_plan_id FOREIGN KEY(plan_id) REFERENCES plans (id) ON DELETE CASCADE
);

CREATE INDEX ix_plan_comments_plan_id ON plan_comments (plan_id, id);

COMMENT ON TABLE plan_comments IS 'remarks at a place of a draft';

COMMENT ON COLUMN plan_comments.user_id IS 'users.id';

COMMENT ON COLUMN plan_comments.revision IS 'of the draft that was looked at';

CREATE TABLE plan_shares (
    plan_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    shared_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    shared_by TEXT NOT NULL,
    CONSTRAINT pk_plan_shares PRIMARY KEY (plan_id, user_id),
    CONSTRAINT fk_plan_shares_plan_id FOREIGN KEY(plan_id) REFERENCES plans (id) ON DELETE CASCADE
);

COMMENT ON TABLE plan_shares IS 'who else may read a draft and remark on it';

COMMENT ON COLUMN plan_shares.user_id IS 'users.id';

CREATE TRIGGER plan_steps_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_steps
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_edit();
