//! The connection to Redis, or to all masters of a cluster.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, TlsCertificates, Value,
};
use tokio::task::JoinSet;

use super::address::RedisAddress;

/// How long a connection may take, and an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
pub(super) enum Link {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// A command, and the group it belongs to: the keys of a group lie on one node of a cluster.
pub(super) struct Order {
    pub(super) group: u8,
    pub(super) command: Cmd,
}

impl Link {
    /// Connects; `authorities` are certificates as PEM.
    pub(super) async fn open(
        address: &RedisAddress,
        authorities: Option<&[u8]>,
    ) -> Result<Link, RedisError> {
        let certificates = authorities.map(|pem| TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.to_vec()),
        });
        if address.is_cluster() {
            let builder = ClusterClientBuilder::new(address.urls().to_vec())
                .connection_timeout(PATIENCE)
                .response_timeout(PATIENCE)
                .retries(2);
            let builder = match certificates {
                Some(certificates) => builder.certs(certificates),
                None => builder,
            };
            let connection = builder.build()?.get_async_connection().await?;
            return Ok(Link::Cluster(connection));
        }
        let url = address.urls().first().map_or("", String::as_str);
        let client = match certificates {
            Some(certificates) => Client::build_with_tls(url, certificates)?,
            None => Client::open(url)?,
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        Ok(Link::One(connection.await?))
    }

    /// Runs commands, and gives the answers in their order. One server takes them as they come; each group goes to its node of a cluster, all
    /// groups at the same time.
    pub(super) async fn run(&mut self, orders: Vec<Order>) -> Result<Vec<Value>, RedisError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Link::One(connection) => {
                let mut pipeline = Pipeline::with_capacity(orders.len());
                for order in orders {
                    pipeline.add_command(order.command);
                }
                pipeline.query_async(connection).await
            }
            Link::Cluster(connection) => run_in_groups(connection, orders).await,
        }
    }
}

async fn run_in_groups(
    connection: &ClusterConnection,
    orders: Vec<Order>,
) -> Result<Vec<Value>, RedisError> {
    let mut answers = vec![Value::Nil; orders.len()];
    let mut groups: Vec<(u8, Vec<usize>, Pipeline)> = Vec::new();
    for (place, order) in orders.into_iter().enumerate() {
        let found = groups.iter_mut().find(|(group, ..)| *group == order.group);
        match found {
            Some((_, places, pipeline)) => {
                places.push(place);
                pipeline.add_command(order.command);
            }
            None => {
                let mut pipeline = Pipeline::new();
                pipeline.add_command(order.command);
                groups.push((order.group, vec![place], pipeline));
            }
        }
    }
    let mut under_way = JoinSet::new();
    for (_, places, pipeline) in groups {
        let mut connection = connection.clone();
        under_way.spawn(async move {
            let said: Result<Vec<Value>, RedisError> = pipeline.query_async(&mut connection).await;
            said.map(|said| (places, said))
        });
    }
    while let Some(done) = under_way.join_next().await {
        let lost = |_| RedisError::from((ErrorKind::Client, "a round was cut short"));
        let (places, said) = done.map_err(lost)??;
        for (place, value) in places.into_iter().zip(said) {
            if let Some(answer) = answers.get_mut(place) {
                *answer = value;
            }
        }
    }
    Ok(answers)
}
