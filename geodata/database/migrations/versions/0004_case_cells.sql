-- Position in Web Mercator as whole numbers: the world is 2^30 wide, counted from its north-west
-- corner, so a cell at any zoom is a shift. The formula is EPSG:3857's on the sphere; latitudes
-- beyond the map's edge stand on the edge.
ALTER TABLE cases
    ADD COLUMN mx INTEGER GENERATED ALWAYS AS (
        CASE WHEN ST_X(geom) IS NOT NULL THEN
        least(greatest(floor((ST_X(geom) + 180) / 360 * 1073741824), 0), 1073741823)::integer END
    ) STORED,
    ADD COLUMN my INTEGER GENERATED ALWAYS AS (
        CASE WHEN ST_Y(geom) IS NOT NULL THEN
        least(greatest(floor((0.5 - ln(tan(pi() / 4 + radians(
            least(greatest(ST_Y(geom), -85.06), 85.06)) / 2)) / (2 * pi())) * 1073741824), 0),
            1073741823)::integer END
    ) STORED;

COMMENT ON COLUMN cases.mx IS 'Web Mercator from the west, the world 2^30 wide';

COMMENT ON COLUMN cases.my IS 'Web Mercator from the north, the world 2^30 high';

CREATE INDEX ix_cases_mercator ON cases ((mx >> 17), my)
    INCLUDE (mx, id, category, source, state, reported_at, area_code);

DROP INDEX ix_cases_reported_at;

CREATE INDEX ix_cases_reported_at ON cases (reported_at)
    INCLUDE (mx, my, id, category, source, state, area_code);

CREATE INDEX ix_cases_area_code ON cases (area_code, reported_at)
    INCLUDE (mx, my, category, source, state);

CREATE TABLE case_cells (
    zoom SMALLINT NOT NULL,
    tile_x INTEGER NOT NULL,
    tile_y INTEGER NOT NULL,
    cell SMALLINT NOT NULL,
    month DATE NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    n INTEGER NOT NULL,
    sum_x BIGINT NOT NULL,
    sum_y BIGINT NOT NULL
);

CREATE INDEX ix_case_cells_tile ON case_cells (zoom, tile_x, tile_y, month)
    INCLUDE (cell, category, source, state, n, sum_x, sum_y);

COMMENT ON TABLE case_cells IS 'a ledger: what the cases of a cell add up to; rows of one cell and kind are summed';

COMMENT ON COLUMN case_cells.zoom IS 'of the tile, 0 to 11; finer tiles read the cases themselves';

COMMENT ON COLUMN case_cells.cell IS '16 x 16 in a tile: row * 16 + column, from the north-west';

COMMENT ON COLUMN case_cells.month IS 'of the report, by the clock of Asia/Shanghai';

COMMENT ON COLUMN case_cells.n IS 'cases; negative where an older row is taken back';

COMMENT ON COLUMN case_cells.sum_x IS 'sum of cases.mx';

COMMENT ON COLUMN case_cells.sum_y IS 'sum of cases.my';

-- Each changing statement appends what it adds and takes back, and never touches a row that is
-- there: writers neither wait for each other nor deadlock. Readers sum; now and then
-- geodata.cases.rollups.merge makes one row of many.
CREATE FUNCTION case_cells_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        SELECT 1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM new_rows WHERE mx IS NOT NULL
    ),
    cells_11 AS MATERIALIZED (
        SELECT mx >> 15 AS x, my >> 15 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_10 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_11 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_9 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_10 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_8 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_9 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_7 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_8 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_6 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_7 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_5 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_6 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_4 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_5 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_3 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_4 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_2 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_3 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_1 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_2 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_0 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_1 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells AS (
        SELECT 11 AS zoom, * FROM cells_11
        UNION ALL SELECT 10 AS zoom, * FROM cells_10
        UNION ALL SELECT 9 AS zoom, * FROM cells_9
        UNION ALL SELECT 8 AS zoom, * FROM cells_8
        UNION ALL SELECT 7 AS zoom, * FROM cells_7
        UNION ALL SELECT 6 AS zoom, * FROM cells_6
        UNION ALL SELECT 5 AS zoom, * FROM cells_5
        UNION ALL SELECT 4 AS zoom, * FROM cells_4
        UNION ALL SELECT 3 AS zoom, * FROM cells_3
        UNION ALL SELECT 2 AS zoom, * FROM cells_2
        UNION ALL SELECT 1 AS zoom, * FROM cells_1
        UNION ALL SELECT 0 AS zoom, * FROM cells_0
    )
    INSERT INTO case_cells
        (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
    SELECT zoom, x >> 4, y >> 4, ((y & 15) << 4 | (x & 15))::smallint, month,
           category, source, state, n, sum_x, sum_y
    FROM cells WHERE n <> 0 OR sum_x <> 0 OR sum_y <> 0
    ORDER BY 1, 2, 3, 4, 5;
    RETURN NULL;
END
$$;

CREATE FUNCTION case_cells_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        SELECT -1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM old_rows WHERE mx IS NOT NULL
    ),
    cells_11 AS MATERIALIZED (
        SELECT mx >> 15 AS x, my >> 15 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_10 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_11 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_9 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_10 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_8 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_9 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_7 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_8 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_6 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_7 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_5 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_6 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_4 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_5 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_3 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_4 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_2 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_3 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_1 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_2 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_0 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_1 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells AS (
        SELECT 11 AS zoom, * FROM cells_11
        UNION ALL SELECT 10 AS zoom, * FROM cells_10
        UNION ALL SELECT 9 AS zoom, * FROM cells_9
        UNION ALL SELECT 8 AS zoom, * FROM cells_8
        UNION ALL SELECT 7 AS zoom, * FROM cells_7
        UNION ALL SELECT 6 AS zoom, * FROM cells_6
        UNION ALL SELECT 5 AS zoom, * FROM cells_5
        UNION ALL SELECT 4 AS zoom, * FROM cells_4
        UNION ALL SELECT 3 AS zoom, * FROM cells_3
        UNION ALL SELECT 2 AS zoom, * FROM cells_2
        UNION ALL SELECT 1 AS zoom, * FROM cells_1
        UNION ALL SELECT 0 AS zoom, * FROM cells_0
    )
    INSERT INTO case_cells
        (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
    SELECT zoom, x >> 4, y >> 4, ((y & 15) << 4 | (x & 15))::smallint, month,
           category, source, state, n, sum_x, sum_y
    FROM cells WHERE n <> 0 OR sum_x <> 0 OR sum_y <> 0
    ORDER BY 1, 2, 3, 4, 5;
    RETURN NULL;
END
$$;

CREATE FUNCTION case_cells_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        SELECT 1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM new_rows WHERE mx IS NOT NULL
        UNION ALL
        SELECT -1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM old_rows WHERE mx IS NOT NULL
    ),
    cells_11 AS MATERIALIZED (
        SELECT mx >> 15 AS x, my >> 15 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_10 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_11 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_9 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_10 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_8 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_9 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_7 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_8 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_6 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_7 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_5 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_6 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_4 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_5 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_3 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_4 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_2 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_3 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_1 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_2 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_0 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_1 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells AS (
        SELECT 11 AS zoom, * FROM cells_11
        UNION ALL SELECT 10 AS zoom, * FROM cells_10
        UNION ALL SELECT 9 AS zoom, * FROM cells_9
        UNION ALL SELECT 8 AS zoom, * FROM cells_8
        UNION ALL SELECT 7 AS zoom, * FROM cells_7
        UNION ALL SELECT 6 AS zoom, * FROM cells_6
        UNION ALL SELECT 5 AS zoom, * FROM cells_5
        UNION ALL SELECT 4 AS zoom, * FROM cells_4
        UNION ALL SELECT 3 AS zoom, * FROM cells_3
        UNION ALL SELECT 2 AS zoom, * FROM cells_2
        UNION ALL SELECT 1 AS zoom, * FROM cells_1
        UNION ALL SELECT 0 AS zoom, * FROM cells_0
    )
    INSERT INTO case_cells
        (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
    SELECT zoom, x >> 4, y >> 4, ((y & 15) << 4 | (x & 15))::smallint, month,
           category, source, state, n, sum_x, sum_y
    FROM cells WHERE n <> 0 OR sum_x <> 0 OR sum_y <> 0
    ORDER BY 1, 2, 3, 4, 5;
    RETURN NULL;
END
$$;

CREATE FUNCTION case_cells_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_cells;
    RETURN NULL;
END
$$;

-- Everything anew from the cases: after a load that left the triggers out.
CREATE FUNCTION case_cells_rebuild() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_cells;
    WITH moved AS (
        SELECT 1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM cases WHERE mx IS NOT NULL
    ),
    cells_11 AS MATERIALIZED (
        SELECT mx >> 15 AS x, my >> 15 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_10 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_11 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_9 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_10 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_8 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_9 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_7 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_8 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_6 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_7 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_5 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_6 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_4 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_5 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_3 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_4 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_2 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_3 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_1 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_2 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells_0 AS MATERIALIZED (
        SELECT x >> 1 AS x, y >> 1 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(sum_x)::bigint AS sum_x, sum(sum_y)::bigint AS sum_y
        FROM cells_1 GROUP BY 1, 2, 3, 4, 5, 6
    ),
    cells AS (
        SELECT 11 AS zoom, * FROM cells_11
        UNION ALL SELECT 10 AS zoom, * FROM cells_10
        UNION ALL SELECT 9 AS zoom, * FROM cells_9
        UNION ALL SELECT 8 AS zoom, * FROM cells_8
        UNION ALL SELECT 7 AS zoom, * FROM cells_7
        UNION ALL SELECT 6 AS zoom, * FROM cells_6
        UNION ALL SELECT 5 AS zoom, * FROM cells_5
        UNION ALL SELECT 4 AS zoom, * FROM cells_4
        UNION ALL SELECT 3 AS zoom, * FROM cells_3
        UNION ALL SELECT 2 AS zoom, * FROM cells_2
        UNION ALL SELECT 1 AS zoom, * FROM cells_1
        UNION ALL SELECT 0 AS zoom, * FROM cells_0
    )
    INSERT INTO case_cells
        (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
    SELECT zoom, x >> 4, y >> 4, ((y & 15) << 4 | (x & 15))::smallint, month,
           category, source, state, n, sum_x, sum_y
    FROM cells WHERE n <> 0 OR sum_x <> 0 OR sum_y <> 0
    ORDER BY 1, 2, 3, 4, 5;
END
$$;

CREATE TRIGGER case_cells_insert AFTER INSERT ON cases REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_cells_insert();

CREATE TRIGGER case_cells_delete AFTER DELETE ON cases REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_cells_delete();

CREATE TRIGGER case_cells_update AFTER UPDATE ON cases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION case_cells_update();

CREATE TRIGGER case_cells_truncate AFTER TRUNCATE ON cases
    FOR EACH STATEMENT EXECUTE FUNCTION case_cells_truncate();

SELECT case_cells_rebuild();
