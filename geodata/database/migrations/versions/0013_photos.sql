CREATE TABLE case_photos (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    case_id BIGINT NOT NULL,
    step_id BIGINT,
    phase TEXT NOT NULL,
    digest TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE,
    geom geometry(POINT, 4326),
    added_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    added_by BIGINT,
    CONSTRAINT pk_case_photos PRIMARY KEY (id),
    CONSTRAINT ck_case_photos_phase_known CHECK (phase in ('before', 'after'))
);

CREATE UNIQUE INDEX uq_case_photos_case_id ON case_photos (case_id, phase, digest);

CREATE INDEX ix_case_photos_digest ON case_photos (digest);

COMMENT ON TABLE case_photos IS 'photos of cases; the pictures lie in DATA_DIR/photos under their digests';

COMMENT ON COLUMN case_photos.case_id IS 'cases.id';

COMMENT ON COLUMN case_photos.step_id IS 'case_steps.id of the entry that tells of it';

COMMENT ON COLUMN case_photos.digest IS 'SHA-256 of the picture as it is stored';

COMMENT ON COLUMN case_photos.taken_at IS 'as the camera wrote it; personal';

COMMENT ON COLUMN case_photos.geom IS 'where the camera said it was; personal';

COMMENT ON COLUMN case_photos.added_by IS 'users.id; absent: a reporter without account';

ALTER TABLE case_reporters ADD COLUMN client_key TEXT;

ALTER TABLE case_reporters ADD CONSTRAINT uq_case_reporters_client_key UNIQUE (client_key);

COMMENT ON COLUMN case_reporters.client_key IS 'digest of what the sender made for this report: sent again, it is the same report';
