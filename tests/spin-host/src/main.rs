//! Runs one Spin component as `spin up` would, for tests and development. README.md says what differs.

mod allowed_hosts;
mod app;
mod connection;
mod database;
mod engine;
mod files;
mod inbound;
mod instances;
mod key_value;
mod manifest;
mod options;
mod outbound;
mod output;
mod private;
mod redis;
mod server;
mod sqlite;
mod state;
mod template;
mod variables;

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use wasmtime::Result;
use wasmtime::error::Context;

use crate::app::App;
use crate::instances::Instances;
use crate::options::{Options, USAGE};
use crate::state::Shared;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(options) = Options::parse(lexopt::Parser::from_env())? else {
        print!("{USAGE}");
        return Ok(());
    };
    let app = App::load(&options.manifest, &options.variables)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(options, app))
}

async fn serve(options: Options, app: App) -> Result<()> {
    // Bound before the seconds of compiling, so that an address in use is told at once; connections made
    // meanwhile wait in the backlog.
    let listener = TcpListener::bind(&options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let component = engine::load(&app.source, options.cache.as_deref())?;
    let reuse = options.reuse;
    let shared = Arc::new(Shared::new(app, options)?);
    let instances = Instances::new(component, shared, reuse);
    println!("Serving http://{}", listener.local_addr()?);
    server::run(listener, instances).await
}
