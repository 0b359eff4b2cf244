//! A store's operations, waited for.

use std::future::Future;
use std::io;

use opendal::{HttpTransporter, OperationContext, Operator};
use tokio::runtime::Runtime;

use super::fault::Fault;
use crate::storage::stop::Stop;
use crate::storage::{Error, Kind};

pub struct Line {
    /// Carries the connections; `None` while they are taken down.
    runtime: Option<Runtime>,
    operator: Operator,
}

impl Line {
    pub fn new(operator: Operator, transport: HttpTransporter) -> Result<Self, Error> {
        let failed = |e: io::Error| Error { kind: Kind::Other, context: "threads".into(), source: e };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("store")
            .enable_all()
            .build()
            .map_err(failed)?;
        let context = OperationContext::new().with_http_transport(transport);
        Ok(Self { runtime: Some(runtime), operator: operator.with_context(context) })
    }

    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Waits for what the store does, as long as somebody wants it. Never from an async task.
    pub fn wait<T>(&self, what: impl Future<Output = opendal::Result<T>>) -> opendal::Result<T> {
        let Some(runtime) = &self.runtime else {
            return Err(opendal::Error::new(opendal::ErrorKind::Unexpected, "closed"));
        };
        let stop = Stop::current();
        runtime.block_on(async {
            tokio::select! {
                biased;
                done = what => done,
                () = stop.over() => Err(Fault::Away("cancelled".into()).into_error()),
            }
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Not waited for: the other side may be dead.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
