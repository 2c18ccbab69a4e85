//! What is known of a module before it is compiled.

use cascata_config::{GuestForm, HandlerConfig, WasmHandler};
use cascata_vm::Segment;

use super::error::{LoadErrorKind, Report};
use super::manifest::Manifest;
use super::shape::{Shape, inspect};
use super::{capability, checks, path, schema};

/// What is known of a module after its checks, before it is compiled.
pub(super) struct Checked<'m> {
    pub handler: &'m WasmHandler,
    pub form: GuestForm,
    pub shape: Shape,
    pub capabilities: Vec<String>,
    pub manifest: Manifest,
    pub manifest_fields: Vec<(String, Vec<Segment>)>,
    pub command_fields: Option<Vec<Vec<Segment>>>,
}

impl Checked<'_> {
    /// The paths it says it reads.
    pub fn field_paths(&self) -> Vec<Vec<Segment>> {
        let manifest = self.manifest_fields.iter().map(|(_, path)| path.clone());
        manifest.chain(self.command_fields.iter().flatten().cloned()).collect()
    }
}

/// What is known of a module without compiling it. Made by [`WasmHost::examine`](super::WasmHost::examine).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Examined {
    /// How it talks to the host.
    pub form: GuestForm,
    /// What it says about itself.
    pub manifest: Manifest,
    /// What it needs of `handler.allow`, in order.
    pub capabilities: Vec<String>,
}

/// Which capabilities a module has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grants {
    /// Those of `handler.allow`.
    Listed,
    /// All, because it is looked at only.
    All,
}

/// Everything that can be said about a module and its settings without compiling it.
pub(super) fn check<'m>(
    bytes: &[u8],
    handler: &'m HandlerConfig,
    grants: Grants,
) -> Result<Checked<'m>, LoadErrorKind> {
    let HandlerConfig::Wasm(handler) = handler else { return Err(LoadErrorKind::NotAWasmHandler {}) };
    checks::settings(handler)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > handler.module_bytes {
        return Err(LoadErrorKind::TooLarge { size, limit: handler.module_bytes });
    }
    let shape = inspect(bytes)?;
    let form = checks::form(&shape, handler)?;
    checks::form_settings(handler, form)?;
    checks::check(&shape, form, handler)?;
    let manifest = shape.manifest.as_deref().map(Manifest::parse).transpose()?.unwrap_or_default();
    let allow = (grants == Grants::Listed).then_some(handler.allow.as_slice());
    let capabilities = capability::needed(allow, &shape, &manifest)?;
    match configuration(&manifest, handler) {
        // Whoever looks at a module need not know yet what it wants to be given.
        Err(LoadErrorKind::Config { .. }) if grants == Grants::All && handler.config.is_empty() => (),
        checked => checked?,
    }
    let field =
        |text: &String| path::parse(text).map_err(|message| LoadErrorKind::Field { path: text.clone(), message });
    let manifest_fields =
        manifest.fields.iter().map(|text| Ok((text.clone(), field(text)?))).collect::<Result<_, _>>()?;
    let keys_only = |text: &String| match field(text)? {
        path if path.iter().all(|segment| matches!(segment, Segment::Key(_))) => Ok(path),
        _ => Err(LoadErrorKind::Field {
            path: text.clone(),
            message: "a command's input is made of keys, without positions",
        }),
    };
    let command_fields =
        handler.fields.as_ref().map(|fields| fields.iter().map(keys_only).collect::<Result<_, _>>()).transpose()?;
    Ok(Checked { handler, form, shape, capabilities, manifest, manifest_fields, command_fields })
}

/// Holds the `with:` block against the schema that the manifest has for it.
fn configuration(manifest: &Manifest, handler: &WasmHandler) -> Result<(), LoadErrorKind> {
    schema::check(&manifest.config, &handler.config).map_err(|mistake| match mistake {
        schema::Mistake::Config(wrong) => {
            let line = |report: Report, (at, what): (String, String)| report.line("wrong", format!("`{at}` {what}"));
            LoadErrorKind::Config { report: wrong.into_iter().fold(Report::default(), line) }
        }
        schema::Mistake::Schema { at, what } => {
            LoadErrorKind::Manifest { message: format!("`config`, at `{at}`: {what}") }
        }
    })
}
