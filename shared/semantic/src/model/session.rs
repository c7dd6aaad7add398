//! A graph in the hands of `ort`.

use std::sync::OnceLock;

use ort::environment::Environment;
use ort::session::{RunOptions, Session};
use ort::value::Tensor;

use super::ModelError;
use super::backend;
use super::graph::Graph;

/// There is one environment in a process, and it knows nothing but our backend.
static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();

/// A session that owns a graph.
pub(super) fn open(graph: Graph) -> Result<Session, ModelError> {
    let environment = ENVIRONMENT.get_or_init(|| {
        ort::set_api(backend::API);
        ort::init().with_telemetry(false).build().map_err(|error| error.message().to_owned())
    });
    let environment = environment.as_ref().map_err(|message| ModelError::Runtime(message.clone()))?;
    let mut builder = Session::builder(environment).map_err(runtime)?;
    backend::offer(graph);
    let session = now(builder.commit_from_memory(&[]));
    backend::withdraw();
    session?.map_err(runtime)
}

/// The vector of a text whose pieces have these ids.
pub(super) fn run(session: &mut Session, ids: Vec<i64>) -> Result<Vec<f32>, ModelError> {
    let length = ids.len();
    let mask = Tensor::from_array(([1, length], vec![1i64; length])).map_err(runtime)?;
    let ids = Tensor::from_array(([1, length], ids)).map_err(runtime)?;
    let options = RunOptions::new().map_err(runtime)?;
    let inputs = ort::inputs!["input_ids" => ids, "attention_mask" => mask];
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    let run = session.run_with_options(inputs, &options);
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    let run = session.run_async(inputs, &options);
    let outputs = now(run)?.map_err(runtime)?;
    let embedding = outputs.get("embedding").ok_or_else(|| ModelError::Undefined("embedding".to_owned()))?;
    let (_, values) = embedding.try_extract_tensor::<f32>().map_err(runtime)?;
    Ok(values.to_vec())
}

#[inline(never)]
fn runtime(error: ort::Error) -> ModelError {
    ModelError::Runtime(error.message().to_owned())
}

/// What a call returned: in a browser's wasm, `ort` has futures instead. Those of our backend are ready at once.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn now<T>(value: T) -> Result<T, ModelError> {
    Ok(value)
}

/// What a call returned.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn now<T>(future: impl Future<Output = T>) -> Result<T, ModelError> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => Ok(value),
        std::task::Poll::Pending => Err(ModelError::Runtime("the backend waits for something".to_owned())),
    }
}
