//! `postern-bindgen INPUT.wasm OUT_DIR NAME`: writes `NAME.js` and `NAME_bg.wasm` for the Worker.
//!
//! The same output as `wasm-bindgen --target module --experimental-reset-state-function
//! --force-enable-abort-handler`, which is what worker-build asks for: the module exports
//! `__wbg_reset_state`, which `edge/cloudflare/entry.mjs` calls after a wasm trap.

use std::error::Error;
use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = arguments.as_slice() else {
        return Err("usage: postern-bindgen INPUT.wasm OUT_DIR NAME".into());
    };
    bind(Path::new(input), Path::new(out_dir), name)
}

/// Generates the bindings of `input` as `out_dir/name.js` and `out_dir/name_bg.wasm`.
fn bind(input: &Path, out_dir: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    // `module(true)`: a plain `import` of the wasm file, which wrangler and workerd turn into a
    // `WebAssembly.Module`; the source-phase import (`true`) is not understood by wrangler's bundler.
    bindgen
        .input_path(input)
        .out_name(name)
        .module(true)?
        .typescript(false)
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(out_dir)?;
    Ok(())
}
