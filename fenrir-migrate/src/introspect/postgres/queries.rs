//! The queries, each for all tables at once. `$1` is the names of the schemas, as JSON.

/// Before anything is pinned: where new tables go, and what is found without its schema.
pub(super) const SESSION: &str = "SELECT pg_catalog.json_build_object(\
     'version', pg_catalog.current_setting('server_version_num')::pg_catalog.int4, \
     'schema', pg_catalog.current_schema(), \
     'path', pg_catalog.current_schemas(false))::pg_catalog.text";

/// What the text of expressions depends on, for this transaction. With `pg_temp` last no table of somebody's
/// stands before the catalog's.
pub(super) const PIN: &str = "SET LOCAL search_path = pg_catalog, pg_temp; \
     SET LOCAL standard_conforming_strings = on; SET LOCAL quote_all_identifiers = off; \
     SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC'; \
     SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'";

/// The schemas that are nobody's but a user's.
pub(super) const SCHEMAS: &str = "SELECT to_json(n.nspname)::text FROM pg_namespace n \
     WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
     AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_namespace'::regclass AND e.objid = n.oid \
     AND e.deptype = 'e')";

/// Those of the named ones that are there.
pub(super) const THERE: &str = "SELECT to_json(n.nspname)::text FROM pg_namespace n \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json)))";

/// Tables, and what is like them. Not what an extension made, nor the history of migrations.
pub(super) const RELATIONS: &str = "SELECT row_to_json(r)::text FROM (\
     SELECT c.oid::bigint, n.nspname AS namespace, c.relname AS name, c.relkind::text AS kind, c.relispartition AS is_partition, \
     EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AS inherits, \
     array_remove(ARRAY[\
     CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED' END, \
     CASE WHEN c.relrowsecurity THEN 'row level security' END, \
     CASE WHEN c.relforcerowsecurity THEN 'row level security, also for its owner' END, \
     CASE WHEN c.reloftype <> 0 THEN 'it is of the type ' || format_type(c.reloftype, NULL) END, \
     array_to_string(c.reloptions, ', '), \
     CASE WHEN m.amname <> 'heap' THEN 'the access method ' || m.amname END, \
     CASE c.relreplident WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' WHEN 'f' THEN 'REPLICA IDENTITY FULL' \
     WHEN 'i' THEN 'REPLICA IDENTITY USING INDEX' END, \
     (SELECT 'the tablespace ' || s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace), \
     (SELECT 'CLUSTER ON ' || ic.relname FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid \
     WHERE i.indrelid = c.oid AND i.indisclustered)\
     ], NULL) AS abouts, \
     d.description AS comment \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am m ON m.oid = c.relam \
     LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0 \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' \
     AND c.relname NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions') \
     AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid \
     AND e.deptype = 'e')) r";

pub(super) const COLUMNS: &str = "SELECT row_to_json(r)::text FROM (\
     SELECT a.attrelid::bigint AS table, a.attnum AS number, a.attname AS name, \
     format_type(a.atttypid, a.atttypmod) AS type_name, format_type(a.atttypid, NULL) AS base_type, \
     CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END::bigint AS type_oid, \
     a.attnotnull AS not_null, a.attidentity::text AS identity, a.attgenerated::text AS generated, \
     pg_get_expr(d.adbin, d.adrelid) AS default, \
     (SELECT json_build_array(cn.nspname, l.collname) FROM pg_collation l \
     JOIN pg_namespace cn ON cn.oid = l.collnamespace \
     WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation) AS collation, \
     array_remove(ARRAY[\
     CASE WHEN a.attstorage <> t.typstorage THEN \
     'STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END, \
     CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END, \
     'STATISTICS ' || nullif(a.attstattarget, -1), \
     (SELECT string_agg(o, ', ') FROM unnest(a.attoptions) o WHERE o LIKE 'n\\_distinct%')], NULL) AS abouts, \
     s.description AS comment \
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid \
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
     LEFT JOIN pg_description s ON s.objoid = c.oid AND s.classoid = 'pg_class'::regclass AND s.objsubid = a.attnum \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND c.relkind = 'r' AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped \
     ORDER BY a.attrelid, a.attnum) r";

/// What a sequence is of which nothing is said: <https://www.postgresql.org/docs/current/sql-createsequence.html>.
pub(super) const SEQUENCES: &str = "SELECT row_to_json(r)::text FROM (\
     SELECT s.relname AS name, d.refobjid::bigint AS table, d.refobjsubid AS column, \
     'nextval(''' || replace(s.oid::regclass::text, '''', '''''') || '''::regclass)' AS next, \
     q.seqstart = 1 AND q.seqincrement = 1 AND q.seqmin = 1 AND q.seqcache = 1 AND NOT q.seqcycle \
     AND q.seqtypid = a.atttypid AND q.seqmax = CASE q.seqtypid::oid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 \
     ELSE 9223372036854775807 END AS is_plain \
     FROM pg_depend d JOIN pg_class s ON s.oid = d.objid JOIN pg_sequence q ON q.seqrelid = s.oid \
     JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid \
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') \
     AND d.refobjsubid > 0 AND n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json)))) r";

/// Those that a column can have, but for the rows of tables and for arrays.
pub(super) const TYPES: &str = "SELECT row_to_json(r)::text FROM (\
     SELECT t.oid::bigint, t.typname AS name, n.nspname AS namespace, quote_ident(n.nspname) || '.' AS prefix, \
     t.typtype::text AS kind, \
     EXISTS (SELECT FROM pg_type b WHERE b.typname = t.typname AND b.typnamespace = 'pg_catalog'::regnamespace) AS is_shadowed, \
     (SELECT x.extname FROM pg_depend e JOIN pg_extension x ON x.oid = e.refobjid \
     WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e') AS extension, \
     (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid) AS labels \
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
     LEFT JOIN pg_class c ON c.oid = t.typrelid \
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' \
     AND n.nspname NOT LIKE 'pg\\_temp%' AND (t.typcategory <> 'A' OR t.typelem = 0) AND t.typtype <> 'p' \
     AND (t.typrelid = 0 OR c.relkind = 'c')) r";

/// `version` is the server's `server_version_num`.
pub(super) fn constraints(version: u32) -> String {
    let set_columns = if version >= 150_000 {
        "WHEN k.confdelsetcols IS NOT NULL THEN 'it sets some of its columns' "
    } else {
        ""
    };
    let not_distinct = nulls_not_distinct(version);
    let enforced = if version >= 180_000 {
        "WHEN NOT k.conenforced THEN 'NOT ENFORCED' WHEN k.conperiod THEN 'it is of a period' "
    } else {
        ""
    };
    format!(
        "SELECT row_to_json(r)::text FROM (\
         SELECT k.conrelid::bigint AS table, k.conname AS name, k.contype::text AS kind, \
         (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u (number, place) \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) AS columns, \
         k.convalidated AS is_valid, k.condeferrable AS is_deferrable, k.condeferred AS is_deferred, \
         k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update, k.confmatchtype::text AS match_type, \
         fn.nspname AS target_namespace, f.relname AS target, \
         (SELECT json_agg(a.attname ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u (number, place) \
         JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS target_columns, \
         pg_get_expr(k.conbin, k.conrelid) AS expression, \
         coalesce({not_distinct}, false) AS nulls_not_distinct, \
         EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled = 'D') AS is_disabled, \
         CASE {set_columns}{enforced}\
         WHEN i.indnatts > i.indnkeyatts THEN 'it includes other columns' \
         WHEN k.connoinherit AND k.contype = 'c' THEN 'NO INHERIT' \
         WHEN ic.reloptions IS NOT NULL AND k.contype IN ('p', 'u') THEN array_to_string(ic.reloptions, ', ') \
         END AS about \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace \
         LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u') \
         LEFT JOIN pg_class ic ON ic.oid = i.indexrelid \
         WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND c.relkind = 'r' AND NOT c.relispartition AND k.contype <> 'n' \
         ORDER BY k.conrelid, k.conname) r"
    )
}

/// Whether an index `i` takes two NULLs for the same (<https://www.postgresql.org/docs/15/catalog-pg-index.html>).
fn nulls_not_distinct(version: u32) -> &'static str {
    if version >= 150_000 { "i.indnullsnotdistinct" } else { "false" }
}

/// Without those that a constraint has. `version` is the server's `server_version_num`.
pub(super) fn indexes(version: u32) -> String {
    let not_distinct = nulls_not_distinct(version);
    format!(
        "SELECT row_to_json(r)::text FROM (\
         SELECT i.indrelid::bigint AS table, ic.relname AS name, m.amname AS method, i.indisunique AS is_unique, \
         i.indisvalid AND i.indisready AS is_valid, pg_get_expr(i.indpred, i.indrelid) AS predicate, \
         (SELECT json_agg(json_build_object('column', a.attname, \
         'expression', CASE WHEN i.indkey[p.at] = 0 THEN pg_get_indexdef(i.indexrelid, p.at + 1, false) END, \
         'options', i.indoption[p.at], \
         'opclass', CASE WHEN NOT o.opcdefault THEN json_build_array(o_n.nspname, o.opcname) END, \
         'collation', CASE WHEN l.oid <> coalesce(a.attcollation, (SELECT f.oid FROM pg_collation f \
         WHERE f.collname = 'default' AND f.collnamespace = 'pg_catalog'::regnamespace)) \
         THEN json_build_array(l_n.nspname, l.collname) END) ORDER BY p.at) \
         FROM generate_series(0, i.indnkeyatts - 1) p (at) \
         JOIN pg_opclass o ON o.oid = i.indclass[p.at] JOIN pg_namespace o_n ON o_n.oid = o.opcnamespace \
         LEFT JOIN pg_collation l ON l.oid = i.indcollation[p.at] \
         LEFT JOIN pg_namespace l_n ON l_n.oid = l.collnamespace \
         LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p.at] AND i.indkey[p.at] <> 0) \
         AS keys, \
         (SELECT json_agg(a.attname ORDER BY p.at) FROM generate_series(i.indnkeyatts, i.indnatts - 1) p (at) \
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p.at]) AS include, \
         {not_distinct} AS nulls_not_distinct, \
         coalesce((SELECT json_build_array(xn.nspname, x.extname) FROM pg_depend e JOIN pg_extension x ON x.oid = e.refobjid \
         JOIN pg_namespace xn ON xn.oid = x.extnamespace WHERE e.classid = 'pg_opclass'::regclass AND e.deptype = 'e' \
         AND e.objid = ANY (i.indclass::oid[]) LIMIT 1), \
         (SELECT json_build_array(xn.nspname, x.extname) FROM pg_depend e JOIN pg_extension x ON x.oid = e.refobjid \
         JOIN pg_namespace xn ON xn.oid = x.extnamespace WHERE e.classid = 'pg_am'::regclass AND e.deptype = 'e' \
         AND e.objid = m.oid LIMIT 1)) AS extension, \
         CASE WHEN EXISTS (SELECT FROM pg_attribute x WHERE x.attrelid = i.indexrelid AND x.attoptions IS NOT NULL) \
         THEN 'it has options of an operator class' \
         WHEN ic.reloptions IS NOT NULL THEN array_to_string(ic.reloptions, ', ') END AS about \
         FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am m ON m.oid = ic.relam \
         JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND c.relkind = 'r' AND NOT c.relispartition \
         AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) \
         ORDER BY i.indrelid, ic.relname) r"
    )
}

/// What is told by its kind and name only, without the functions and the casts that come with a type. Event triggers are the database's.
pub(super) const OTHERS: &str = "SELECT row_to_json(r)::text FROM (\
     SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind, \
     n.nspname AS namespace, NULL AS table, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name, \
     'pg_proc'::regclass AS class, p.oid AS oid, NULL AS about \
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'trigger', n.nspname, c.relname, t.tgname, 'pg_trigger'::regclass, t.oid, \
     CASE t.tgenabled WHEN 'D' THEN 'it is disabled' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END \
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND NOT t.tgisinternal \
     UNION ALL SELECT 'rule', n.nspname, c.relname, w.rulename, 'pg_rewrite'::regclass, w.oid, NULL \
     FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND w.rulename <> '_RETURN' \
     UNION ALL SELECT 'policy', n.nspname, c.relname, o.polname, 'pg_policy'::regclass, o.oid, NULL \
     FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'sequence', n.nspname, NULL, s.relname, 'pg_class'::regclass, s.oid, NULL \
     FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) AND s.relkind = 'S' \
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = s.oid \
     AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0) \
     UNION ALL SELECT 'collation', n.nspname, NULL, l.collname, 'pg_collation'::regclass, l.oid, NULL \
     FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'operator', n.nspname, NULL, o.oid::regoperator::text, 'pg_operator'::regclass, o.oid, NULL \
     FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'statistics', n.nspname, NULL, s.stxname, 'pg_statistic_ext'::regclass, s.oid, NULL \
     FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'text search', n.nspname, NULL, f.cfgname, 'pg_ts_config'::regclass, f.oid, NULL \
     FROM pg_ts_config f JOIN pg_namespace n ON n.oid = f.cfgnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'event trigger', NULL, NULL, v.evtname, 'pg_event_trigger'::regclass, v.oid, NULL \
     FROM pg_event_trigger v \
     UNION ALL SELECT 'extension', n.nspname, NULL, x.extname, 'pg_extension'::regclass, x.oid, NULL \
     FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql' \
     UNION ALL SELECT 'cast', NULL, NULL, format_type(k.castsource, NULL) || ' AS ' || format_type(k.casttarget, NULL), \
     'pg_cast'::regclass, k.oid, NULL FROM pg_cast k WHERE k.oid >= 16384 \
     UNION ALL SELECT 'operator class', n.nspname, NULL, o.opcname, 'pg_opclass'::regclass, o.oid, NULL \
     FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'text search dictionary', n.nspname, NULL, d.dictname, 'pg_ts_dict'::regclass, d.oid, NULL \
     FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'foreign data wrapper', NULL, NULL, w.fdwname, 'pg_foreign_data_wrapper'::regclass, w.oid, NULL FROM pg_foreign_data_wrapper w \
     UNION ALL SELECT 'foreign server', NULL, NULL, s.srvname, 'pg_foreign_server'::regclass, s.oid, NULL FROM pg_foreign_server s \
     UNION ALL SELECT 'publication', NULL, NULL, b.pubname, 'pg_publication'::regclass, b.oid, NULL FROM pg_publication b \
     UNION ALL SELECT 'comment', n.nspname, c.relname, k.conname, 'pg_constraint'::regclass, k.oid, d.description \
     FROM pg_description d JOIN pg_constraint k ON d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid \
     JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'comment', n.nspname, c.relname, x.relname, 'pg_class'::regclass, x.oid, d.description \
     FROM pg_description d JOIN pg_class x ON d.classoid = 'pg_class'::regclass AND x.oid = d.objoid \
     JOIN pg_index i ON i.indexrelid = x.oid JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json))) \
     UNION ALL SELECT 'comment', n.nspname, NULL, t.typname, 'pg_type'::regclass, t.oid, d.description \
     FROM pg_description d JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND t.oid = d.objoid JOIN pg_namespace n ON n.oid = t.typnamespace \
     WHERE t.typtype = 'e' AND n.nspname = ANY (ARRAY(SELECT json_array_elements_text($1::json)))) r \
     WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = r.class AND e.objid = r.oid AND (e.deptype = 'e' \
     OR r.class IN ('pg_proc'::regclass, 'pg_cast'::regclass) AND e.deptype = 'i' AND e.refclassid = 'pg_type'::regclass))";
