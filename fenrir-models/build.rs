//! Snapshots the schema of the models.

fn main() {
    fenrir_migrate::build::snapshot();
}
