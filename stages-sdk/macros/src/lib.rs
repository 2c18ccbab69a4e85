//! Macros of `cascata-stage`, which re-exports and documents them: [`macro@handler`] and [`macro@Fields`].

mod fields;
mod handler;

use proc_macro::TokenStream;

/// Makes the crate's stage of a function. See `cascata_stage::handler`.
#[proc_macro_attribute]
pub fn handler(settings: TokenStream, function: TokenStream) -> TokenStream {
    handler::expand(settings.into(), function.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Reads a struct from an event. See `cascata_stage::Fields`.
#[proc_macro_derive(Fields, attributes(field))]
pub fn fields(item: TokenStream) -> TokenStream {
    fields::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
