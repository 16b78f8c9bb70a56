//! Unsaved text of call summaries, kept in the tab's own storage over a reload.
//!
//! The keys carry account and user: several of them may share a browser. A page that forbids storage loses a draft
//! by a reload, and nothing else.

use crate::js;
use js_sys::Object;
use kommo_voip_domain::ids::CallId;
use wasm_bindgen::JsValue;

const BEFORE: &str = "kommo-voip-draft:";

fn storage() -> Option<JsValue> {
    js::get(&js::window(), "sessionStorage")
}

fn prefix(who: &str) -> String {
    [BEFORE, who, ":"].concat()
}

/// Keeps a draft, or drops it.
pub(crate) fn keep(who: &str, call: &CallId, draft: Option<String>) {
    let Some(storage) = storage() else { return };
    let key = JsValue::from([&prefix(who), call.as_str()].concat());
    let done = match draft {
        Some(draft) => js::call(&storage, "setItem", &[key, draft.into()]),
        None => js::call(&storage, "removeItem", &[key]),
    };
    done.map(drop).unwrap_or_default();
}

/// All drafts of this account and user, each by its call.
pub(crate) fn find(who: &str) -> Vec<(CallId, String)> {
    let Some(storage) = storage() else { return vec![] };
    let prefix = prefix(who);
    let keys = Object::keys(&Object::from(storage.clone()));
    let keys = keys.iter().filter_map(|key| key.as_string());
    keys.filter_map(|key| {
        let call = CallId(key.strip_prefix(&prefix)?.to_owned());
        let draft = js::call(&storage, "getItem", &[key.into()]).ok()?.as_string()?;
        Some((call, draft))
    })
    .collect()
}
