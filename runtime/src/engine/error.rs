//! Why an engine cannot be built or updated. Nothing of this happens while events are decided.

use cascata_record::log::RecordError;
use cascata_vm::image::ImageError;

use crate::plugins::PluginError;

/// A program that cannot be run as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The bytes are no valid image.
    #[error("image: {source}")]
    Image {
        /// What is wrong with them.
        #[from]
        source: ImageError,
    },
    /// The host's part of the image cannot be read: it was made by another version.
    #[error("settings of {what} in the image: {source}")]
    Settings {
        /// The cascade, or which stage.
        what: String,
        /// What is wrong with them.
        source: serde_json::Error,
    },
    /// A handler was registered for a stage that the program does not have.
    #[error(
        "a handler is registered for `{name}`, but the cascade has no such stage and no stage asks for that handler"
    )]
    UnknownStage {
        /// The name it was registered under.
        name: String,
    },
    /// A stage asks for a handler that nobody offers.
    #[error("stage `{stage}`: {needs}")]
    MissingHandler {
        /// The stage.
        stage: String,
        /// What it needs.
        needs: String,
    },
    /// A stage's handler could not be made.
    #[error("stage `{stage}`: {source}")]
    Handler {
        /// The stage.
        stage: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The runtime was shut down before what was asked for in the background was done.
    #[error("the async runtime was shut down before the engine was ready")]
    Interrupted {},
    /// The program cannot be kept beside the records of its decisions.
    #[error("records: {0}")]
    Records(#[from] RecordError),
    /// A stage's plugin list could not be made.
    #[error(transparent)]
    Plugins(#[from] PluginError),
}

impl EngineError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Image { source } => source.kind.code(),
            Self::Settings { .. } => "R0101",
            Self::UnknownStage { .. } => "R0102",
            Self::MissingHandler { .. } => "R0103",
            Self::Handler { .. } => "R0104",
            Self::Interrupted {} => "R0105",
            Self::Records(error) => error.code(),
            Self::Plugins(error) => error.code(),
        }
    }
}
