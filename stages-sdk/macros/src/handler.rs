//! `#[handler]`: the function stays as it is, and `stage!` is called with it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, FnArg, Ident, ItemFn, MetaNameValue, Result, Token, Type};

/// Keys of `stage!` in its order, but for the fields and the function.
const BEFORE_FIELDS: [&str; 2] = ["name", "version"];
const AFTER_FIELDS: [&str; 5] = ["results", "config", "capabilities", "stateless", "init"];

pub fn expand(settings: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let settings = Punctuated::<MetaNameValue, Token![,]>::parse_terminated.parse2(settings)?;
    for setting in &settings {
        let known = |key: &&str| setting.path.is_ident(key);
        if !BEFORE_FIELDS.iter().chain(&AFTER_FIELDS).any(known) {
            let keys = [&BEFORE_FIELDS[..], &AFTER_FIELDS].concat().join(", ");
            return Err(Error::new_spanned(&setting.path, format!("unknown setting; there are {keys}")));
        }
    }
    let pick = |keys: &[&str]| -> TokenStream {
        let of = |key: &&str| settings.iter().find(|setting| setting.path.is_ident(*key));
        let pairs = keys.iter().filter_map(of).map(|setting| {
            let (key, value) = (&setting.path, &setting.value);
            quote!(#key: #value,)
        });
        pairs.collect()
    };
    let (before, after) = (pick(&BEFORE_FIELDS), pick(&AFTER_FIELDS));
    let function: ItemFn = syn::parse2(function)?;
    let name = &function.sig.ident;
    let (paths, call) = match argument(&function)? {
        // `&Event`: the function reads what it likes.
        Type::Reference(_) => (quote!(), quote!(#name(event))),
        fields => {
            let read = quote!(<#fields as ::cascata_stage::Fields>::read(event)?);
            (quote!(paths: <#fields as ::cascata_stage::Fields>::PATHS,), quote!(#name(#read)))
        }
    };
    let run = Ident::new("__cascata_run", name.span());
    Ok(quote! {
        #function

        #[doc(hidden)]
        fn #run(event: &::cascata_stage::Event) -> ::core::result::Result<::cascata_stage::Outcome, ::cascata_stage::StageError> {
            #call
        }

        ::cascata_stage::stage! { #before #paths #after run: #run }
    })
}

/// The type of the function's one argument.
fn argument(function: &ItemFn) -> Result<&Type> {
    match function.sig.inputs.iter().collect::<Vec<_>>().as_slice() {
        [FnArg::Typed(argument)] => Ok(&argument.ty),
        _ => Err(Error::new_spanned(
            &function.sig,
            "a handler takes one argument: `&Event`, or a struct that derives Fields",
        )),
    }
}
