CREATE TABLE screens (
    code TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    view JSONB DEFAULT '{}'::jsonb NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_screens PRIMARY KEY (code),
    CONSTRAINT uq_screens_user_id UNIQUE (user_id),
    CONSTRAINT fk_screens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE screens IS 'what an operator looks at, for the screens that follow; nothing personal';

COMMENT ON COLUMN screens.code IS 'six digits that are typed at a screen to follow';

COMMENT ON COLUMN screens.view IS 'the part of the address after #: map, filters, open case';

COMMENT ON COLUMN screens.version IS 'one more with each view';

COMMENT ON COLUMN screens.seen_at IS 'when its leader was last heard of';
