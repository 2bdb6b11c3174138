CREATE TABLE clock_rules (
    only_one BOOLEAN DEFAULT true NOT NULL,
    digest TEXT NOT NULL,
    reckoned_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_clock_rules PRIMARY KEY (only_one),
    CONSTRAINT ck_clock_rules_only_one CHECK (only_one)
);

COMMENT ON TABLE clock_rules IS 'by which rules all open cases were last reckoned; one row';

COMMENT ON COLUMN clock_rules.digest IS 'of limits, states, levels and the calendar''s notices';
