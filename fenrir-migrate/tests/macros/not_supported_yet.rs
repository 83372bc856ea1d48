use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
#[table(
    schema = "auth",
    sqlite(strict, without_rowid),
    mysql(engine = "InnoDB"),
    unmanaged,
    unique(
        columns(name),
        nulls_not_distinct,
        deferrable,
        initially_deferred,
        dialects(postgres),
    ),
    index(
        columns(name desc nulls_last, id nulls_first),
        method = gin,
        opclass = "text_ops",
        include(id),
        nulls_not_distinct,
        dialects(postgres),
    ),
    check(expr = "id > 0", dialects(postgres)),
    foreign_key(columns(id), references = Page, dialects(postgres)),
)]
struct Page {
    id: i32,
    #[column(
        generated = "lower(name)",
        stored,
        virtual,
        collate = "C",
        dialects(postgres),
    )]
    name: String,
}

fn main() {}
