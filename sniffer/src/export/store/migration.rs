//! Bringing the tables of a database to the version that this program knows.

use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::address::{Address, Dialect};
use super::error::StoreError;
use super::schema::{Kind, Table};

/// The version of the tables.
pub(super) const VERSION: i64 = 2;

/// The version before `dialog` had calls that go on, before there were `messages`, and before several nodes wrote one row of a call.
const FIRST: i64 = 1;

/// The columns that version 2 brought, and their tables.
const NEW_COLUMNS: [(&str, &str); 3] = [
    ("dialog", "node"),
    ("dialog", "closed_by"),
    ("calls", "view"),
];

/// The version while they are made for the first time.
const BEGUN: i64 = 0;

/// Says which version the tables have. The row is there before they are, so that an attempt that was cut short is known as ours.
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS sipvane_schema (version BIGINT NOT NULL)";

/// Makes what is missing.
///
/// # Errors
/// Where the database belongs to somebody else or to a later version, or refuses.
pub(super) async fn migrate(
    connection: &mut AnyConnection,
    address: &Address,
    tables: &[Table],
) -> Result<(), StoreError> {
    if version(connection).await == Some(VERSION) {
        return probe(connection, address).await;
    }
    let [lock, unlock] = locks(address.dialect);
    execute(connection, address, lock.to_owned()).await?;
    complete(connection, address, tables).await?;
    execute(connection, address, unlock.to_owned()).await
}

/// One node at a time makes tables; whoever waited finds them made. The number stands for us among the locks of a database, and a server
/// frees what a connection held that has ended.
fn locks(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::Postgres => [
            "DO $$ BEGIN PERFORM pg_advisory_lock(19540521); END $$",
            "DO $$ BEGIN PERFORM pg_advisory_unlock(19540521); END $$",
        ],
        Dialect::Mysql => [
            "DO GET_LOCK('sipvane_schema', 30)",
            "DO RELEASE_LOCK('sipvane_schema')",
        ],
        // The file of one node.
        Dialect::Sqlite => ["SELECT 1", "SELECT 1"],
    }
}

async fn complete(
    connection: &mut AnyConnection,
    address: &Address,
    tables: &[Table],
) -> Result<(), StoreError> {
    match version(connection).await {
        Some(VERSION) => probe(connection, address).await,
        Some(BEGUN) => make(connection, address, tables).await,
        Some(FIRST) => add_columns(connection, address, tables).await,
        Some(found) => Err(StoreError::Newer {
            address: address.clone(),
            found,
            known: VERSION,
        }),
        None => {
            foreign(connection, address, tables).await?;
            execute(connection, address, VERSIONS.to_owned()).await?;
            let begun = format!("INSERT INTO sipvane_schema (version) VALUES ({BEGUN})");
            execute(connection, address, begun).await?;
            make(connection, address, tables).await
        }
    }
}

/// The version there is; an error means that there is none.
async fn version(connection: &mut AnyConnection) -> Option<i64> {
    let query = sqlx::query("SELECT version FROM sipvane_schema");
    let row = query.fetch_one(connection).await.ok()?;
    row.try_get(0).ok()
}

/// Says at the start rather than with the first record that nothing can be written.
async fn probe(connection: &mut AnyConnection, address: &Address) -> Result<(), StoreError> {
    let nothing = "DELETE FROM sipvane_schema WHERE version < 0";
    execute(connection, address, nothing.to_owned()).await
}

async fn foreign(
    connection: &mut AnyConnection,
    address: &Address,
    tables: &[Table],
) -> Result<(), StoreError> {
    for table in tables {
        let query = format!("SELECT 1 FROM {} WHERE 1 = 0", table.name);
        let found = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut *connection);
        if found.await.is_ok() {
            return Err(StoreError::Foreign {
                address: address.clone(),
                table: table.name,
            });
        }
    }
    Ok(())
}

/// Makes the columns and the table that version 2 brought. An attempt that was cut short is made again.
async fn add_columns(
    connection: &mut AnyConnection,
    address: &Address,
    tables: &[Table],
) -> Result<(), StoreError> {
    let kind = Kind::Name.declared(address.dialect);
    for (table, column) in NEW_COLUMNS {
        let query = format!("SELECT {column} FROM {table} WHERE 1 = 0");
        let found = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut *connection);
        if found.await.is_err() {
            let add = format!("ALTER TABLE {table} ADD COLUMN {column} {kind}");
            execute(connection, address, add).await?;
        }
    }
    let new: Vec<Table> = tables
        .iter()
        .filter(|table| table.name == "messages")
        .cloned()
        .collect();
    make(connection, address, &new).await
}

async fn make(
    connection: &mut AnyConnection,
    address: &Address,
    tables: &[Table],
) -> Result<(), StoreError> {
    for table in tables {
        // What an earlier attempt made is empty: nothing is written before the version stands.
        execute(
            connection,
            address,
            format!("DROP TABLE IF EXISTS {}", table.name),
        )
        .await?;
        for statement in table.created(address.dialect) {
            execute(connection, address, statement).await?;
        }
    }
    let done = format!("UPDATE sipvane_schema SET version = {VERSION}");
    execute(connection, address, done).await
}

async fn execute(
    connection: &mut AnyConnection,
    address: &Address,
    statement: String,
) -> Result<(), StoreError> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection);
    done.await
        .map(|_| ())
        .map_err(|source| StoreError::opening(address, source))
}
