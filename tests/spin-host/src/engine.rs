//! From a component's file to something that can be instantiated.

use std::path::Path;

use wasmtime::component::{Component, Linker};
use wasmtime::error::Context;
use wasmtime::{Cache, CacheConfig, Config, Engine, PoolingAllocationConfig, Result};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::state::State;
use crate::{key_value, private, redis, sqlite, variables};

/// Linear memory of an instance, at most.
const MEMORY_BYTES: usize = 1 << 30;

/// Compiles a component, or takes it from the cache, and resolves what it imports.
pub fn load(source: &Path, cache: Option<&Path>) -> Result<ServicePre<State>> {
    let engine = Engine::new(&config(cache)?)?;
    let component = Component::from_file(&engine, source)
        .with_context(|| format!("cannot load the component {}", source.display()))?;
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    key_value::add_to_linker(&mut linker)?;
    redis::add_to_linker(&mut linker)?;
    sqlite::add_to_linker(&mut linker)?;
    variables::add_to_linker(&mut linker)?;
    let ready =
        linker.instantiate_pre(&component).context("this host does not offer what the component wants")?;
    ServicePre::new(ready).context("the component does not export wasi:http/handler")
}

fn config(cache: Option<&Path>) -> Result<Config> {
    let mut pool = PoolingAllocationConfig::default();
    pool.max_memory_size(MEMORY_BYTES);
    let mut config = Config::new();
    config.wasm_component_model_async(true).allocation_strategy(pool);
    if let Some(folder) = cache {
        let mut settings = CacheConfig::new();
        // Compressing harder what is used often would take the processor from the tests.
        settings
            .with_directory(private::folder(&folder.join("compiled"))?)
            .with_optimized_compression_usage_counter_threshold(u64::MAX);
        config.cache(Some(Cache::new(settings)?));
    }
    Ok(config)
}
