//! A stage's handler: fill, send, read.

use std::sync::Arc;

use super::client::Client;
use super::plan::Plan;
use crate::plugins::Reads;
use crate::secrets::LEAST_SOUGHT;
use crate::stage::{FailureKind, StageCall, StageFailure, StageFuture, StageHandler, StageOutput};

/// A stage that is a request.
pub(super) struct HttpStage {
    inner: Arc<Inner>,
}

struct Inner {
    plan: Plan,
    client: Client,
}

impl HttpStage {
    pub fn new(plan: Plan, client: Client) -> Self {
        Self { inner: Arc::new(Inner { plan, client }) }
    }

    pub fn reads(&self) -> Reads {
        self.inner.plan.reads()
    }
}

impl Inner {
    async fn run(&self, call: StageCall) -> Result<StageOutput, StageFailure> {
        let request = self.plan.fill(&call)?;
        let answer = self.client.exchange(request, call.deadline).await?;
        let repeats = |secret: &Arc<str>| {
            let secret = secret.as_bytes();
            secret.len() >= LEAST_SOUGHT && answer.body.windows(secret.len()).any(|window| window == secret)
        };
        // What a service sends back ends up in results and records, where no secret belongs.
        if self.plan.secrets.iter().any(repeats) {
            return Err(StageFailure::new(FailureKind::BadOutput, "the answer repeats a secret of the request"));
        }
        self.plan.mapping.read(&answer)
    }
}

impl StageHandler for HttpStage {
    fn call(&self, call: StageCall) -> StageFuture {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.run(call).await })
    }
}
