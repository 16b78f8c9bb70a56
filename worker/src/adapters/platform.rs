//! What is taken from JavaScript itself because the SDK does not bind it, in one place: the platform's native twin
//! (`tests/twin`) stands in for the SDK and for this.

#[cfg(feature = "twin")]
pub use worker::twin::{Bound, body, bound_number, bound_text, fill_random, json_of, now_millis, transaction_sync};

#[cfg(not(feature = "twin"))]
pub use runtime::*;

#[cfg(not(feature = "twin"))]
mod runtime {
    use wasm_bindgen::prelude::*;
    use worker::{Headers, Storage};

    pub use getrandom::fill as fill_random;

    /// A value bound to a statement of D1.
    pub type Bound = JsValue;

    #[wasm_bindgen]
    extern "C" {
        /// The storage as far as the SDK does not bind it.
        type SyncStorage;

        #[wasm_bindgen(method, catch, js_name = transactionSync)]
        fn transaction_sync_of(
            this: &SyncStorage,
            work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
        ) -> Result<JsValue, JsValue>;
    }

    /// Milliseconds since 1970.
    pub fn now_millis() -> i64 {
        // They stay far below 2^53, so the cast is exact.
        js_sys::Date::now() as i64
    }

    /// A JSON list of all headers, each a list of name and value.
    pub fn json_of(headers: &Headers) -> Option<String> {
        let list = js_sys::Array::from(headers.0.as_ref());
        js_sys::JSON::stringify(&list).ok().map(String::from)
    }

    /// Runs `work`, and takes back whatever it stored unless it says `true`.
    pub fn transaction_sync(storage: &Storage, work: &mut dyn FnMut() -> bool) -> Result<(), String> {
        let storage: &JsValue = storage.as_raw().as_ref();
        let called = storage.unchecked_ref::<SyncStorage>().transaction_sync_of(&mut || {
            if work() { Ok(JsValue::UNDEFINED) } else { Err(JsValue::from_str("rolled back")) }
        });
        called.map(drop).map_err(|error| format!("{error:?}"))
    }

    /// The body of a request.
    pub fn body(bytes: &[u8]) -> JsValue {
        js_sys::Uint8Array::from(bytes).into()
    }

    /// A number to bind.
    pub fn bound_number(value: f64) -> Bound {
        JsValue::from_f64(value)
    }

    /// Text to bind, or NULL.
    pub fn bound_text(value: Option<&str>) -> Bound {
        value.map_or(JsValue::NULL, JsValue::from_str)
    }
}
