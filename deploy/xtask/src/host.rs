//! The platforms that the gateway runs on.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};

/// A platform: `--host` names one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Host {
    /// Cloudflare Workers; here workerd, started by wrangler.
    #[default]
    Workerd,
    /// Fermyon Spin.
    Spin,
}

impl Host {
    pub(crate) const ALL: [Self; 2] = [Self::Workerd, Self::Spin];

    /// The crate in `edge/` that makes the gateway a program of this platform.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Workerd => "postern-cloudflare",
            Self::Spin => "postern-spin",
        }
    }

    /// What that crate is compiled for.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Workerd => "wasm32-unknown-unknown",
            Self::Spin => "wasm32-wasip2",
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self {
            Self::Workerd => "workerd",
            Self::Spin => "spin",
        })
    }
}

impl FromStr for Host {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match Self::ALL.into_iter().find(|host| host.to_string() == name) {
            Some(host) => Ok(host),
            None => bail!("there is no host '{name}': choose workerd or spin"),
        }
    }
}
