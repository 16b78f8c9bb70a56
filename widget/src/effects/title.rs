//! The tab's title while it rings: the caller before what the CRM wrote, and exactly the CRM's own again afterwards.
//!
//! The CRM changes its title when it navigates, also in the middle of a ring. What stands there and is not ours is
//! then the CRM's new title.

use crate::js;
use std::cell::RefCell;
use web_sys::Element;

/// The title; dropping gives the CRM its own back.
#[derive(Default)]
pub(crate) struct Title {
    /// The CRM's title and the one that we wrote.
    ours: RefCell<Option<(String, String)>>,
}

impl Title {
    /// Puts this before the title, or nothing.
    pub(crate) fn show(&self, before: Option<String>) {
        if before.is_none() && self.ours.borrow().is_none() {
            return;
        }
        let Some(title) = element() else { return };
        let stands = title.text_content().unwrap_or_default();
        let of_crm = match self.ours.take() {
            Some((of_crm, ours)) if ours == stands => of_crm,
            _ => stands.clone(),
        };
        let wanted = match &before {
            Some(before) => [before.as_str(), &of_crm].concat(),
            None => of_crm.clone(),
        };
        if wanted != stands {
            title.set_text_content(Some(&wanted));
        }
        self.ours.replace(before.map(|_| (of_crm, wanted)));
    }
}

fn element() -> Option<Element> {
    js::document().query_selector("head > title").ok().flatten()
}

impl Drop for Title {
    fn drop(&mut self) {
        self.show(None);
    }
}
