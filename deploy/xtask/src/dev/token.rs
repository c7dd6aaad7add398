//! Development tokens, made by `postern token` with a key that stays in `target/dev`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::build::artifact;
use crate::paths::Paths;
use crate::process;
use crate::tools::wasm::Compiler;

/// How long a development token is good for.
const LIFETIME: &str = "8h";

/// What a token says.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) client: String,
}

/// The `postern` command, built when it is missing.
pub(crate) struct Cli(PathBuf);

impl Cli {
    /// Builds `deploy/cli`.
    pub(crate) fn build(paths: &Paths) -> Result<Self> {
        let mut cargo = Compiler::Default.cargo(&paths.root);
        // Without what asks gateways, which takes longest to build.
        cargo.args(["build", "--package", "postern-cli", "--no-default-features"]);
        artifact(&mut cargo, "postern", "").map(Self).context("the command `postern` does not compile")
    }

    /// `postern check FILE`: fails with all its problems.
    pub(crate) fn check(&self, paths: &Paths, file: &Path) -> Result<()> {
        process::run(Command::new(&self.0).arg("check").arg(file), &paths.log("check")?)
    }

    /// A token signed by the development key.
    pub(crate) fn token(&self, paths: &Paths, grant: &Grant) -> Result<String> {
        let mut command = Command::new(&self.0);
        command.arg("token").arg("--key").arg(key_file(paths));
        command.args(["--issuer", &grant.issuer, "--audience", &grant.audience]);
        command.args(["--client", &grant.client, "--ttl", LIFETIME]);
        Ok(process::output(&mut command)?.trim().to_owned())
    }

    /// The development key, made at its first use.
    pub(crate) fn key(&self, paths: &Paths) -> Result<KeyPair> {
        let public = paths.dev.join("jwks.json");
        if key_file(paths).exists()
            && let Ok(jwks) = fs::read_to_string(&public)
        {
            return KeyPair::of(&jwks);
        }
        let _ = fs::remove_file(key_file(paths));
        let jwks = process::output(Command::new(&self.0).args(["token", "--new-key"]).arg(key_file(paths)))?;
        fs::write(&public, &jwks)?;
        KeyPair::of(&jwks)
    }
}

/// The public half of the development key.
pub(crate) struct KeyPair {
    /// The key set, as JSON text on one line.
    pub(crate) jwks: String,
    /// The public key, in Base64.
    x: String,
}

impl KeyPair {
    /// Of the key set that `postern token --new-key` prints.
    pub(crate) fn of(jwks: &str) -> Result<Self> {
        let set: Value =
            serde_json::from_str(jwks).context("`postern token --new-key` printed no key set")?;
        let x =
            set["keys"][0]["x"].as_str().context("the development key set has no Ed25519 key")?.to_owned();
        Ok(Self { jwks: set.to_string(), x })
    }

    /// Whether a key set has this key.
    pub(crate) fn is_in(&self, jwks: &str) -> bool {
        let set: Value = serde_json::from_str(jwks).unwrap_or_default();
        set["keys"].as_array().into_iter().flatten().any(|key| key["x"] == self.x.as_str())
    }
}

fn key_file(paths: &Paths) -> PathBuf {
    paths.dev.join("key")
}
