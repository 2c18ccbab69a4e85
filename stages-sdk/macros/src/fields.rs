//! `#[derive(Fields)]`: one `Field` for each field of the struct, from which both implementations are written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Ident, LitStr, Result, Token};

struct Field {
    name: Ident,
    path: String,
    is_default: bool,
}

/// What may stand in `#[field(…)]`.
enum Setting {
    Path(LitStr),
    Default,
}

impl Parse for Setting {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Path);
        }
        let word: Ident = input.parse()?;
        if word == "default" {
            return Ok(Self::Default);
        }
        Err(Error::new(word.span(), "expected a path in quotes, or `default`"))
    }
}

impl Field {
    fn new(field: &syn::Field) -> Result<Self> {
        let Some(name) = field.ident.clone() else {
            return Err(Error::new(field.span(), "Fields needs a struct whose fields have names"));
        };
        let mut made = Self { path: name.to_string().trim_start_matches("r#").to_owned(), name, is_default: false };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
            for setting in attribute.parse_args_with(Punctuated::<Setting, Token![,]>::parse_terminated)? {
                match setting {
                    Setting::Path(path) if path.value().is_empty() => {
                        return Err(Error::new(path.span(), "a path can't be empty"));
                    }
                    Setting::Path(path) => made.path = path.value(),
                    Setting::Default => made.is_default = true,
                }
            }
        }
        Ok(made)
    }

    /// `name: read(VALUE, "path")?`.
    fn read(&self, value: &TokenStream) -> TokenStream {
        let Self { name, path, is_default } = self;
        let how = if *is_default { quote!(read_or_default) } else { quote!(read) };
        quote!(#name: ::cascata_stage::typed::#how(#value, #path)?)
    }
}

pub fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "Fields is for structs"));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "Fields is for structs without parameters: values are copied out of the event",
        ));
    }
    let fields = data.fields.iter().map(Field::new).collect::<Result<Vec<_>>>()?;
    let name = &input.ident;
    let paths = fields.iter().map(|field| &field.path);
    let by_slot = fields.iter().zip(0_u32..).map(|(field, slot)| {
        field.read(&quote!(::cascata_stage::Event::get(event, ::cascata_stage::Slot::manifest(#slot))))
    });
    let by_key = fields.iter().map(|field| {
        let path = &field.path;
        field.read(&quote!(::cascata_stage::typed::follow(value, #path)))
    });
    Ok(quote! {
        impl ::cascata_stage::Fields for #name {
            const PATHS: &'static [&'static str] = &[#(#paths),*];

            fn read(event: &::cascata_stage::Event) -> ::core::result::Result<Self, ::cascata_stage::Mismatch> {
                ::core::result::Result::Ok(Self { #(#by_slot),* })
            }
        }

        impl ::cascata_stage::FromValue for #name {
            fn from_value(value: ::cascata_stage::Value<'_>) -> ::core::result::Result<Self, ::cascata_stage::Mismatch> {
                ::cascata_stage::typed::object(value)?;
                ::core::result::Result::Ok(Self { #(#by_key),* })
            }
        }
    })
}
