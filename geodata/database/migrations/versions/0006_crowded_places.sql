-- Tiles of one grid or compound are read from the index alone, too.
DROP INDEX ix_cases_mercator;

CREATE INDEX ix_cases_mercator ON cases ((mx >> 14), my)
    INCLUDE (mx, id, category, source, state, reported_at, area_code, grid_code, compound_code);

-- Areas, grids and compounds with more cases than can be read in time have cells of their own.
-- geodata.cases.rollups.refine finds them.
CREATE TABLE case_crowded_places (
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    CONSTRAINT pk_case_crowded_places PRIMARY KEY (kind, code)
);

COMMENT ON TABLE case_crowded_places IS 'areas, grids and compounds that have so many cases that case_place_cells has cells for them';

COMMENT ON COLUMN case_crowded_places.kind IS 'area, grid or compound';

CREATE TABLE case_place_cells (
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    month DATE NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    n INTEGER NOT NULL,
    sum_x BIGINT NOT NULL,
    sum_y BIGINT NOT NULL
);

CREATE INDEX ix_case_place_cells_place ON case_place_cells (kind, code, month)
    INCLUDE (x, y, category, source, state, n, sum_x, sum_y);

COMMENT ON TABLE case_place_cells IS 'a ledger like case_cells: what the cases of a crowded place add up to in each tile of zoom 18';

COMMENT ON COLUMN case_place_cells.x IS 'column of the tile of zoom 18';

COMMENT ON COLUMN case_place_cells.y IS 'row of the tile of zoom 18';

COMMENT ON COLUMN case_place_cells.month IS 'of the report, by the clock of Asia/Shanghai';

COMMENT ON COLUMN case_place_cells.n IS 'cases; negative where an older row is taken back';

COMMENT ON COLUMN case_place_cells.sum_x IS 'sum of cases.mx';

COMMENT ON COLUMN case_place_cells.sum_y IS 'sum of cases.my';

CREATE FUNCTION case_places_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_crowded_places) THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO case_place_cells
            (kind, code, x, y, month, category, source, state, n, sum_x, sum_y)
        SELECT known.kind, known.code, mx >> 12, my >> 12, month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT 1 AS n, mx, my, area_code, grid_code, compound_code, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM new_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN LATERAL (
            VALUES ('area', area_code), ('grid', grid_code), ('compound', compound_code)
        ) AS place (kind, code)
        JOIN case_crowded_places AS known ON known.kind = place.kind AND known.code = place.code
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO case_place_cells
            (kind, code, x, y, month, category, source, state, n, sum_x, sum_y)
        SELECT known.kind, known.code, mx >> 12, my >> 12, month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT -1 AS n, mx, my, area_code, grid_code, compound_code, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM old_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN LATERAL (
            VALUES ('area', area_code), ('grid', grid_code), ('compound', compound_code)
        ) AS place (kind, code)
        JOIN case_crowded_places AS known ON known.kind = place.kind AND known.code = place.code
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    ELSE
        INSERT INTO case_place_cells
            (kind, code, x, y, month, category, source, state, n, sum_x, sum_y)
        SELECT known.kind, known.code, mx >> 12, my >> 12, month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT 1 AS n, mx, my, area_code, grid_code, compound_code, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM new_rows WHERE mx IS NOT NULL
            UNION ALL
            SELECT -1 AS n, mx, my, area_code, grid_code, compound_code, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM old_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN LATERAL (
            VALUES ('area', area_code), ('grid', grid_code), ('compound', compound_code)
        ) AS place (kind, code)
        JOIN case_crowded_places AS known ON known.kind = place.kind AND known.code = place.code
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER case_places_insert AFTER INSERT ON cases REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_places_follow();

CREATE TRIGGER case_places_delete AFTER DELETE ON cases REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_places_follow();

CREATE TRIGGER case_places_update AFTER UPDATE ON cases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_places_follow();

CREATE OR REPLACE FUNCTION case_cells_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_cells, case_crowds, case_place_cells, case_crowded_places;
    RETURN NULL;
END
$$;

-- The cells of one crowded place, from its cases.
CREATE FUNCTION case_places_fill(filled_kind TEXT, filled_code TEXT)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO case_place_cells
             (kind, code, x, y, month, category, source, state, n, sum_x, sum_y)
         SELECT $1, $2, mx >> 12, my >> 12,
                date_trunc(''month'', reported_at AT TIME ZONE ''Asia/Shanghai'')::date,
                category, source, state, count(*), sum(mx::bigint)::bigint, sum(my::bigint)::bigint
         FROM cases WHERE %I = $2 AND mx IS NOT NULL
         GROUP BY 3, 4, 5, 6, 7, 8',
        filled_kind || '_code'
    ) USING filled_kind, filled_code;
END
$$;

-- Everything anew from the cases: after a load that left the triggers out.
CREATE OR REPLACE FUNCTION case_cells_rebuild() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_place_cells;
    PERFORM case_cells_rebuild_far();
    PERFORM case_crowds_fill(zoom, tile_x, tile_y) FROM case_crowds;
    PERFORM case_places_fill(kind, code) FROM case_crowded_places;
END
$$;
