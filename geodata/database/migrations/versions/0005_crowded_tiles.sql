-- A narrower column: a tile of zoom 16 lies in one, those of zoom 12 to 15 in 16 to 2.
DROP INDEX ix_cases_mercator;

CREATE INDEX ix_cases_mercator ON cases ((mx >> 14), my)
    INCLUDE (mx, id, category, source, state, reported_at, area_code);

CREATE INDEX ix_cases_grid_code ON cases (grid_code);

CREATE INDEX ix_cases_compound_code ON cases (compound_code);

-- Where a tile from zoom 12 on has more cases than can be read in time, the ledger has cells for
-- it, too: 4 x 4, for just these tiles. geodata.cases.rollups.refine finds them.
CREATE TABLE case_crowds (
    zoom SMALLINT NOT NULL,
    tile_x INTEGER NOT NULL,
    tile_y INTEGER NOT NULL,
    CONSTRAINT pk_case_crowds PRIMARY KEY (zoom, tile_x, tile_y)
);

COMMENT ON TABLE case_crowds IS 'tiles from zoom 12 on that have so many cases that the ledger has cells for them, too';

COMMENT ON COLUMN case_cells.zoom IS 'of the tile: 0 to 11 for all, from 12 on for those in case_crowds';

COMMENT ON COLUMN case_cells.cell IS 'row * 16 + column, from the north-west, to zoom 11; row * 4 + column from zoom 12 on';

-- Like the triggers of case_cells: each statement appends what it adds and takes back.
CREATE FUNCTION case_crowds_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_crowds) THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO case_cells
            (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
        SELECT crowd.zoom, crowd.tile_x, crowd.tile_y,
               ((my >> (28 - crowd.zoom) & 3) << 2 | (mx >> (28 - crowd.zoom) & 3))::smallint,
               month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT 1 AS n, mx, my, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM new_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN (SELECT DISTINCT zoom FROM case_crowds) AS kept
        JOIN case_crowds AS crowd
            ON crowd.zoom = kept.zoom
            AND crowd.tile_x = mx >> (30 - kept.zoom) AND crowd.tile_y = my >> (30 - kept.zoom)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO case_cells
            (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
        SELECT crowd.zoom, crowd.tile_x, crowd.tile_y,
               ((my >> (28 - crowd.zoom) & 3) << 2 | (mx >> (28 - crowd.zoom) & 3))::smallint,
               month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT -1 AS n, mx, my, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM old_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN (SELECT DISTINCT zoom FROM case_crowds) AS kept
        JOIN case_crowds AS crowd
            ON crowd.zoom = kept.zoom
            AND crowd.tile_x = mx >> (30 - kept.zoom) AND crowd.tile_y = my >> (30 - kept.zoom)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    ELSE
        INSERT INTO case_cells
            (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
        SELECT crowd.zoom, crowd.tile_x, crowd.tile_y,
               ((my >> (28 - crowd.zoom) & 3) << 2 | (mx >> (28 - crowd.zoom) & 3))::smallint,
               month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT 1 AS n, mx, my, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM new_rows WHERE mx IS NOT NULL
            UNION ALL
            SELECT -1 AS n, mx, my, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM old_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN (SELECT DISTINCT zoom FROM case_crowds) AS kept
        JOIN case_crowds AS crowd
            ON crowd.zoom = kept.zoom
            AND crowd.tile_x = mx >> (30 - kept.zoom) AND crowd.tile_y = my >> (30 - kept.zoom)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER case_crowds_insert AFTER INSERT ON cases REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_crowds_follow();

CREATE TRIGGER case_crowds_delete AFTER DELETE ON cases REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_crowds_follow();

CREATE TRIGGER case_crowds_update AFTER UPDATE ON cases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_crowds_follow();

CREATE OR REPLACE FUNCTION case_cells_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_cells, case_crowds;
    RETURN NULL;
END
$$;

-- The cells of one crowded tile, from its cases.
CREATE FUNCTION case_crowds_fill(filled_zoom INTEGER, filled_x INTEGER, filled_y INTEGER)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    west CONSTANT INTEGER := filled_x << (30 - filled_zoom);
    north CONSTANT INTEGER := filled_y << (30 - filled_zoom);
    side CONSTANT INTEGER := 1 << (30 - filled_zoom);
    columns CONSTANT INTEGER[] := ARRAY(SELECT generate_series(west >> 14, (west + side - 1) >> 14));
BEGIN
    INSERT INTO case_cells
        (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
    SELECT filled_zoom, filled_x, filled_y,
           ((my >> (28 - filled_zoom) & 3) << 2 | (mx >> (28 - filled_zoom) & 3))::smallint,
           date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date,
           category, source, state, count(*), sum(mx::bigint)::bigint, sum(my::bigint)::bigint
    FROM cases
    WHERE mx >> 14 = ANY(columns) AND mx >= west AND mx - west < side
        AND my >= north AND my - north < side
    GROUP BY 4, 5, 6, 7, 8;
END
$$;

ALTER FUNCTION case_cells_rebuild() RENAME TO case_cells_rebuild_far;

-- Everything anew from the cases: after a load that left the triggers out.
CREATE FUNCTION case_cells_rebuild() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM case_cells_rebuild_far();
    PERFORM case_crowds_fill(zoom, tile_x, tile_y) FROM case_crowds;
END
$$;
