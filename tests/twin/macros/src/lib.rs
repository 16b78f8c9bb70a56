//! The attributes of the platform's SDK: they say what the runtime calls, so here they only make it callable.

use proc_macro::TokenStream;

/// An event's handler, for whoever plays the runtime.
#[proc_macro_attribute]
pub fn event(_which: TokenStream, handler: TokenStream) -> TokenStream {
    let mut public: TokenStream = "#[allow(missing_docs)] pub".parse().unwrap_or_default();
    public.extend(handler);
    public
}

/// An object's type, which needs nothing more.
#[proc_macro_attribute]
pub fn durable_object(_nothing: TokenStream, object: TokenStream) -> TokenStream {
    object
}
