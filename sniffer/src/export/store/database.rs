//! A connection to a database, and rows written over it.

use std::collections::BTreeMap;
use std::future::Future;
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{Any, AnyArguments, AnyConnectOptions, install_default_drivers};
use sqlx::query::Query;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection};
use tokio::time::timeout;

use super::address::{Address, Dialect};
use super::error::{StoreError, timed_out};
use super::migration::migrate;
use super::row::{Change, Value};
use super::schema::{Kind, Table};
use super::{size, statement, tables};

/// Rows of one statement. There are few sizes, so that the database has to read few statements.
const ROWS: [usize; 3] = [100, 10, 1];

/// So long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// So long a batch may take.
const WRITING: Duration = Duration::from_secs(30);

/// A database that can be written to.
pub(super) struct Database {
    connection: AnyConnection,
    dialect: Dialect,
    tables: Vec<Table>,
    /// For each table a statement of each size.
    statements: Vec<[String; ROWS.len()]>,
}

impl Database {
    /// Connects, and makes the tables where there are none.
    pub(super) async fn open(address: &Address) -> Result<Database, StoreError> {
        let dialect = address.dialect;
        let mut connection = connect(address, &address.url).await?;
        if dialect == Dialect::Sqlite {
            // Readers do not wait for the writer, and what is committed is on disk.
            let pragmas = [
                // Of a file that is new: room that rows leave can be given back.
                "PRAGMA auto_vacuum = INCREMENTAL",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
            ];
            for pragma in pragmas {
                let done = sqlx::raw_sql(pragma).execute(&mut connection);
                done.await
                    .map_err(|source| StoreError::opening(address, source))?;
            }
        }
        let tables = tables::all();
        migrate(&mut connection, address, &tables).await?;
        let sizes = |table| ROWS.map(|n| statement::put(table, dialect, n));
        Ok(Database {
            connection,
            dialect,
            statements: tables.iter().map(sizes).collect(),
            tables,
        })
    }

    /// Writes all changes, or none of them.
    pub(super) async fn write(&mut self, changes: &[Change]) -> Result<(), sqlx::Error> {
        let plan = Plan::new(&self.tables, changes);
        in_time(WRITING, self.carry_out(&plan)).await
    }

    async fn carry_out(&mut self, plan: &Plan<'_>) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        let each = self.tables.iter().zip(&self.statements).zip(&plan.rows);
        for ((table, statements), rows) in each {
            let rows: Vec<&[Value]> = rows.values().copied().collect();
            let mut rows = rows.as_slice();
            for (&n, statement) in ROWS.iter().zip(statements) {
                while let Some((some, others)) = rows.split_at_checked(n) {
                    let query = sqlx::query(AssertSqlSafe(statement.as_str()));
                    bound(query, table, self.dialect, some)
                        .execute(&mut *transaction)
                        .await?;
                    rows = others;
                }
            }
        }
        for node in &plan.abandoned {
            let query = sqlx::query(statement::abandon(self.dialect)).bind(*node);
            query.execute(&mut *transaction).await?;
        }
        for dlg_id in &plan.superseded {
            let query = sqlx::query(statement::supersede(self.dialect)).bind(*dlg_id);
            query.execute(&mut *transaction).await?;
        }
        for (contact_id, at) in &plan.unbound {
            let query = sqlx::query(statement::unbind(self.dialect));
            let query = query.bind(*contact_id).bind(*at);
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// Deletes at most `n` of the oldest rows of a table: those whose identifiers are less than `bound`, or all of them. Gives
    /// how many there may have been.
    pub(super) async fn delete_oldest(
        &mut self,
        table: &str,
        bound: Option<&str>,
        n: u64,
    ) -> Result<u64, sqlx::Error> {
        let key = self.key(table);
        in_time(WRITING, async {
            let nth = format!("SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {n}");
            let nth: Option<String> = sqlx::query_scalar(AssertSqlSafe(nth))
                .fetch_optional(&mut self.connection)
                .await?;
            let limit = match (nth.as_deref(), bound) {
                (Some(nth), Some(bound)) => nth.min(bound),
                (None, Some(bound)) => bound,
                (Some(nth), None) => nth,
                (None, None) => return Ok(0),
            };
            let delete = match self.dialect {
                Dialect::Postgres => format!("DELETE FROM {table} WHERE {key} < $1"),
                _ => format!("DELETE FROM {table} WHERE {key} < ?"),
            };
            let query = sqlx::query(AssertSqlSafe(delete)).bind(limit);
            let done = query.execute(&mut self.connection).await?;
            Ok(done.rows_affected())
        })
        .await
    }

    /// Rows of a table.
    pub(super) async fn count(&mut self, table: &str) -> Result<u64, sqlx::Error> {
        let count = format!("SELECT COUNT(*) FROM {table}");
        let count = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut self.connection);
        let count: i64 = in_time(WRITING, count).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Bytes that the tables take with their indices.
    pub(super) async fn bytes(&mut self, tables: &[&str]) -> Result<u64, sqlx::Error> {
        in_time(
            WRITING,
            size::bytes(&mut self.connection, self.dialect, tables),
        )
        .await
    }

    /// Gives room that deleted rows have left back, some of it at a time.
    pub(super) async fn shrink(&mut self) -> Result<(), sqlx::Error> {
        in_time(WRITING, size::shrink(&mut self.connection, self.dialect)).await
    }

    /// Whether it costs next to nothing to ask for the bytes.
    pub(super) fn knows_its_size(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// The identifiers of the oldest and of the newest row of a table; empty where it is.
    pub(super) async fn ends(&mut self, table: &str) -> Result<[String; 2], sqlx::Error> {
        let key = self.key(table);
        let mut ends = [String::new(), String::new()];
        for (end, order) in ends.iter_mut().zip(["ASC", "DESC"]) {
            let query = format!("SELECT {key} FROM {table} ORDER BY {key} {order} LIMIT 1");
            let found = sqlx::query_scalar(AssertSqlSafe(query));
            let found = found.fetch_optional(&mut self.connection);
            let found: Option<String> = in_time(WRITING, found).await?;
            *end = found.unwrap_or_default();
        }
        Ok(ends)
    }

    fn key(&self, table: &str) -> &'static str {
        let of = self.tables.iter().find(|of| of.name == table);
        of.map_or("id", Table::key)
    }

    /// Says good-bye.
    pub(super) async fn close(self) {
        // The rows are committed; there is nothing to be done about a connection that does not close well.
        let _ = timeout(CONNECTING, self.connection.close()).await;
    }
}

/// Opens a connection.
pub(super) async fn connect(address: &Address, url: &str) -> Result<AnyConnection, StoreError> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(install_default_drivers);
    let connected = async {
        let options = AnyConnectOptions::from_str(url)?.disable_statement_logging();
        options.connect().await
    };
    in_time(CONNECTING, connected)
        .await
        .map_err(|source| StoreError::opening(address, source))
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(timed_out()))
}

/// What is left to do of changes when later ones have undone earlier ones: one row of an identifier, in the order of these.
struct Plan<'c> {
    /// For each table.
    rows: Vec<BTreeMap<&'c str, &'c [Value]>>,
    unbound: BTreeMap<&'c str, &'c str>,
    /// Dialogs that go on under other identifiers.
    superseded: Vec<&'c str>,
    /// Sensors that no longer follow their calls; they are alone in what is written at once.
    abandoned: Vec<&'c str>,
}

impl<'c> Plan<'c> {
    fn new(tables: &[Table], changes: &'c [Change]) -> Plan<'c> {
        let mut rows = vec![BTreeMap::new(); tables.len()];
        let mut unbound: BTreeMap<&str, &str> = BTreeMap::new();
        let mut superseded = Vec::new();
        let mut abandoned = Vec::new();
        let place = |name: &str| tables.iter().position(|table| table.name == name);
        let (location, dialog) = (place("location"), place("dialog"));
        for change in changes {
            match change {
                Change::Put { table, values } => {
                    let (Some(number), [Value::Text(id), ..]) = (place(table), values.as_slice())
                    else {
                        continue;
                    };
                    if Some(number) == location {
                        unbound.remove(id.as_str());
                    }
                    if let Some(rows) = rows.get_mut(number) {
                        rows.insert(id.as_str(), values.as_slice());
                    }
                }
                Change::Unbind { contact_id, at } => {
                    if let Some(rows) = location.and_then(|number| rows.get_mut(number)) {
                        rows.remove(contact_id.as_str());
                    }
                    unbound.insert(contact_id, at);
                }
                Change::Supersede { dlg_id } => {
                    if let Some(rows) = dialog.and_then(|number| rows.get_mut(number)) {
                        rows.remove(dlg_id.as_str());
                    }
                    superseded.push(dlg_id.as_str());
                }
                Change::Abandon { node } => abandoned.push(node.as_str()),
            }
        }
        Plan {
            rows,
            unbound,
            superseded,
            abandoned,
        }
    }
}

type Bound<'q> = Query<'q, Any, AnyArguments>;

fn bound<'q>(
    mut query: Bound<'q>,
    table: &Table,
    dialect: Dialect,
    rows: &[&[Value]],
) -> Bound<'q> {
    let real_as_text = dialect == Dialect::Postgres;
    for row in rows {
        for ((_, kind), value) in table.columns.iter().zip(*row) {
            query = match (value, kind) {
                (Value::Int(n), _) => query.bind(*n),
                (Value::Real(n), _) if real_as_text => query.bind(n.to_string()),
                (Value::Real(n), _) => query.bind(*n),
                (Value::Text(text), _) => query.bind(text.clone()),
                (Value::Bytes(bytes), _) => query.bind(bytes.clone()),
                (Value::Null, Kind::Bytes) => query.bind(None::<Vec<u8>>),
                (Value::Null, Kind::Int) => query.bind(None::<i64>),
                (Value::Null, Kind::Real) if !real_as_text => query.bind(None::<f64>),
                (Value::Null, _) => query.bind(None::<String>),
            };
        }
    }
    query
}
