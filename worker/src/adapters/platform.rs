//! What is taken from JavaScript itself because the SDK does not bind it, in one place: the platform's native twin
//! (`tests/twin`) stands in for the SDK and for this.

#[cfg(feature = "twin")]
pub use worker::twin::{
    Bound, body, bound_number, bound_text, fill_random, json_of, now_millis, rows, run, transaction_sync,
};

#[cfg(not(feature = "twin"))]
pub use runtime::*;

#[cfg(not(feature = "twin"))]
mod runtime {
    use wasm_bindgen::prelude::*;
    use worker::{Error, Headers, SqlStorage, Storage};

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

        /// The database, as the SDK binds it but for what it takes and gives.
        type Sql;

        #[wasm_bindgen(method, catch, variadic)]
        fn exec(this: &Sql, statement: &str, values: JsValue) -> Result<Cursor, JsValue>;

        type Cursor;

        #[wasm_bindgen(method)]
        fn raw(this: &Cursor) -> JsValue;

        #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
        fn list_of(rows: JsValue) -> Result<js_sys::Array, JsValue>;
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

    fn exec(database: &SqlStorage, statement: &str, values: &str) -> worker::Result<Cursor> {
        let values = js_sys::JSON::parse(values)?;
        Ok(database.as_ref().unchecked_ref::<Sql>().exec(statement, values)?)
    }

    /// Runs a statement with a JSON list of values, and gives a JSON list of its rows, each a list.
    pub fn rows(database: &SqlStorage, statement: &str, values: &str) -> worker::Result<String> {
        let rows = list_of(exec(database, statement, values)?.raw())?;
        js_sys::JSON::stringify(&rows).map(String::from).map_err(Error::from)
    }

    /// Runs a statement with a JSON list of values.
    pub fn run(database: &SqlStorage, statement: &str, values: &str) -> worker::Result<()> {
        exec(database, statement, values).map(drop)
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
