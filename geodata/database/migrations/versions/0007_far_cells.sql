-- In a city, the cells of zoom 8 to 11 by month and kind sum up little: a row for nearly every case
-- and zoom, written with every load. Tiles of these zooms now have cells as nearer ones have, only
-- where cases crowd; theirs are 16 x 16 as before. Other tiles are read from the cases.
INSERT INTO case_crowds (zoom, tile_x, tile_y)
SELECT zoom, tile_x, tile_y FROM case_cells WHERE zoom BETWEEN 8 AND 11
GROUP BY 1, 2, 3 HAVING sum(n) > 500000;

DELETE FROM case_cells WHERE zoom BETWEEN 8 AND 11 AND NOT EXISTS (
    SELECT FROM case_crowds AS crowd
    WHERE crowd.zoom = case_cells.zoom AND crowd.tile_x = case_cells.tile_x
        AND crowd.tile_y = case_cells.tile_y
);

COMMENT ON TABLE case_crowds IS 'tiles from zoom 8 on that have so many cases that the ledger has cells for them, too';

COMMENT ON COLUMN case_cells.zoom IS 'of the tile: 0 to 7 for all, from 8 on for those in case_crowds';

-- Cells along a side of a tile, as a power of two.
CREATE FUNCTION case_crowds_bits(zoom SMALLINT) RETURNS INTEGER LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE WHEN zoom <= 11 THEN 4 ELSE 2 END $$;

CREATE OR REPLACE FUNCTION case_crowds_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_crowds) THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO case_cells
            (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
        SELECT crowd.zoom, crowd.tile_x, crowd.tile_y,
               ((my >> kept.shift & kept.most) << kept.bits | (mx >> kept.shift & kept.most))::smallint,
               month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT 1 AS n, mx, my, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM new_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN (
            SELECT DISTINCT zoom, bits, 30 - zoom - bits AS shift, (1 << bits) - 1 AS most
            FROM case_crowds CROSS JOIN case_crowds_bits(zoom) AS bits
        ) AS kept
        JOIN case_crowds AS crowd
            ON crowd.zoom = kept.zoom
            AND crowd.tile_x = mx >> (30 - kept.zoom) AND crowd.tile_y = my >> (30 - kept.zoom)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO case_cells
            (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
        SELECT crowd.zoom, crowd.tile_x, crowd.tile_y,
               ((my >> kept.shift & kept.most) << kept.bits | (mx >> kept.shift & kept.most))::smallint,
               month, category, source, state,
               sum(n)::integer, sum(n * mx::bigint)::bigint, sum(n * my::bigint)::bigint
        FROM (
            SELECT -1 AS n, mx, my, category, source, state,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
            FROM old_rows WHERE mx IS NOT NULL
        ) AS moved
        CROSS JOIN (
            SELECT DISTINCT zoom, bits, 30 - zoom - bits AS shift, (1 << bits) - 1 AS most
            FROM case_crowds CROSS JOIN case_crowds_bits(zoom) AS bits
        ) AS kept
        JOIN case_crowds AS crowd
            ON crowd.zoom = kept.zoom
            AND crowd.tile_x = mx >> (30 - kept.zoom) AND crowd.tile_y = my >> (30 - kept.zoom)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    ELSE
        INSERT INTO case_cells
            (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
        SELECT crowd.zoom, crowd.tile_x, crowd.tile_y,
               ((my >> kept.shift & kept.most) << kept.bits | (mx >> kept.shift & kept.most))::smallint,
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
        CROSS JOIN (
            SELECT DISTINCT zoom, bits, 30 - zoom - bits AS shift, (1 << bits) - 1 AS most
            FROM case_crowds CROSS JOIN case_crowds_bits(zoom) AS bits
        ) AS kept
        JOIN case_crowds AS crowd
            ON crowd.zoom = kept.zoom
            AND crowd.tile_x = mx >> (30 - kept.zoom) AND crowd.tile_y = my >> (30 - kept.zoom)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        HAVING sum(n) <> 0 OR sum(n * mx::bigint) <> 0 OR sum(n * my::bigint) <> 0;
    END IF;
    RETURN NULL;
END
$$;

-- The cells of one crowded tile, quarter by quarter: from the cells of the next zoom if the quarter
-- has some, or else from its cases. Cells of zoom 12 are too coarse for zoom 11.
CREATE OR REPLACE FUNCTION case_crowds_fill(filled_zoom INTEGER, filled_x INTEGER, filled_y INTEGER)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bits CONSTANT INTEGER := case_crowds_bits(filled_zoom::smallint);
    most CONSTANT INTEGER := (1 << bits) - 1;
    shift CONSTANT INTEGER := 30 - filled_zoom - bits;
    side CONSTANT INTEGER := 1 << (29 - filled_zoom);
    west INTEGER;
    north INTEGER;
    columns INTEGER[];
BEGIN
    FOR quarter IN 0..3 LOOP
        west := (2 * filled_x + (quarter & 1)) * side;
        north := (2 * filled_y + (quarter >> 1)) * side;
        IF filled_zoom <> 11 AND EXISTS (
            SELECT FROM case_crowds WHERE zoom = filled_zoom + 1
                AND tile_x = 2 * filled_x + (quarter & 1) AND tile_y = 2 * filled_y + (quarter >> 1)
        ) THEN
            INSERT INTO case_cells
                (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
            SELECT filled_zoom, filled_x, filled_y,
                   (((quarter >> 1 << bits | (cell >> bits)) >> 1) << bits
                       | (((quarter & 1) << bits | (cell & most)) >> 1))::smallint,
                   month, category, source, state, sum(n), sum(sum_x), sum(sum_y)
            FROM case_cells
            WHERE zoom = filled_zoom + 1 AND tile_x = 2 * filled_x + (quarter & 1)
                AND tile_y = 2 * filled_y + (quarter >> 1)
            GROUP BY 4, 5, 6, 7, 8
            HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0;
        ELSE
            columns := ARRAY(SELECT generate_series(west >> 14, (west + side - 1) >> 14));
            INSERT INTO case_cells
                (zoom, tile_x, tile_y, cell, month, category, source, state, n, sum_x, sum_y)
            SELECT filled_zoom, filled_x, filled_y,
                   ((my >> shift & most) << bits | (mx >> shift & most))::smallint,
                   date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date,
                   category, source, state, count(*), sum(mx::bigint)::bigint, sum(my::bigint)::bigint
            FROM cases
            WHERE mx >> 14 = ANY(columns) AND mx >= west AND mx - west < side
                AND my >= north AND my - north < side
            GROUP BY 4, 5, 6, 7, 8;
        END IF;
    END LOOP;
END
$$;

-- Everything anew from the cases, near before far.
CREATE OR REPLACE FUNCTION case_cells_rebuild() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_place_cells;
    PERFORM case_cells_rebuild_far();
    PERFORM case_crowds_fill(zoom, tile_x, tile_y)
    FROM (SELECT * FROM case_crowds ORDER BY zoom DESC OFFSET 0) AS crowd;
    PERFORM case_places_fill(kind, code) FROM case_crowded_places;
END
$$;

CREATE OR REPLACE FUNCTION case_cells_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        SELECT 1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM new_rows WHERE mx IS NOT NULL
    ),
    cells_7 AS MATERIALIZED (
        SELECT mx >> 19 AS x, my >> 19 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
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
        SELECT 7 AS zoom, * FROM cells_7
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

CREATE OR REPLACE FUNCTION case_cells_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        SELECT -1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM old_rows WHERE mx IS NOT NULL
    ),
    cells_7 AS MATERIALIZED (
        SELECT mx >> 19 AS x, my >> 19 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
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
        SELECT 7 AS zoom, * FROM cells_7
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

CREATE OR REPLACE FUNCTION case_cells_update() RETURNS trigger LANGUAGE plpgsql AS $$
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
    cells_7 AS MATERIALIZED (
        SELECT mx >> 19 AS x, my >> 19 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
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
        SELECT 7 AS zoom, * FROM cells_7
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

CREATE OR REPLACE FUNCTION case_cells_rebuild_far() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE case_cells;
    WITH moved AS (
        SELECT 1 AS n, mx, my, category, source, state,
               date_trunc('month', reported_at AT TIME ZONE 'Asia/Shanghai')::date AS month
        FROM cases WHERE mx IS NOT NULL
    ),
    cells_7 AS MATERIALIZED (
        SELECT mx >> 19 AS x, my >> 19 AS y, month, category, source, state,
               sum(n)::integer AS n, sum(n * mx::bigint)::bigint AS sum_x,
               sum(n * my::bigint)::bigint AS sum_y
        FROM moved GROUP BY 1, 2, 3, 4, 5, 6
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
        SELECT 7 AS zoom, * FROM cells_7
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
