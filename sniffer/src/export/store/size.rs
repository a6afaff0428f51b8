//! How much room the tables take, and giving some of it back.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::address::Dialect;

/// Pages of a file that are given back to the disk at once; 4 KiB each.
const PAGES: u32 = 2_000;

/// Rows by which the size of those of a table is judged.
const SAMPLE: u32 = 1_000;

/// Bytes of all tables with their indices.
///
/// Of a file it is what is in use: deleted rows leave room that new ones take. PostgreSQL gives no room back, but takes it again, so rows are
/// weighed there: as many as there are, each as long as the newest ones, and indices in proportion. MariaDB and MySQL estimate it themselves.
pub(super) async fn bytes(
    connection: &mut AnyConnection,
    dialect: Dialect,
    tables: &[&str],
) -> Result<u64, sqlx::Error> {
    match dialect {
        Dialect::Sqlite => {
            let in_use = "SELECT (page_count - freelist_count) * page_size \
                          FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
            number(connection, in_use.to_owned()).await
        }
        Dialect::Postgres => {
            let mut sum = 0;
            for table in tables {
                sum += number(connection, weighed(table)).await?;
            }
            Ok(sum)
        }
        Dialect::Mysql => {
            let names: Vec<String> = tables.iter().map(|table| format!("'{table}'")).collect();
            let estimate = format!(
                "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS SIGNED) FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_name IN ({})",
                names.join(", ")
            );
            number(connection, estimate).await
        }
    }
}

/// Each row has a header of 28 bytes with its line pointer.
fn weighed(table: &str) -> String {
    format!(
        "SELECT CAST((SELECT COUNT(*) FROM {table}) * COALESCE((SELECT AVG(pg_column_size(one.*)) + 28 FROM \
         (SELECT * FROM {table} ORDER BY 1 DESC LIMIT {SAMPLE}) AS one), 0) \
         * (1 + pg_indexes_size('{table}')::float8 / GREATEST(pg_table_size('{table}'), 8192)) AS BIGINT)"
    )
}

/// Gives some of the room that deleted rows have left in a file back to the disk, where that is more than a tenth of it.
pub(super) async fn shrink(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<(), sqlx::Error> {
    if dialect != Dialect::Sqlite {
        return Ok(());
    }
    let free =
        "SELECT freelist_count * 10 > page_count FROM pragma_freelist_count, pragma_page_count";
    if number(connection, free.to_owned()).await? == 1 {
        let shrink = format!("PRAGMA incremental_vacuum({PAGES})");
        sqlx::raw_sql(AssertSqlSafe(shrink))
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn number(connection: &mut AnyConnection, query: String) -> Result<u64, sqlx::Error> {
    let found = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(connection);
    let found: i64 = found.await?;
    Ok(u64::try_from(found).unwrap_or(0))
}
