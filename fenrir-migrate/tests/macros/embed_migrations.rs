static NO_BUILD_STEP: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();
static AN_ARGUMENT: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!("migrations");

fn main() {}
