//! Kommo's own call notice: it finds the entity by the number and shows it to the users named, in every tab and in
//! their notification centre (Kommo VoIP guide: call event).

use super::{Ask, KommoError, Method, Reply, Request};
use crate::ids::UserId;
use serde_json::json;

/// Shows a call to users. Without users Kommo would tell everybody, so an empty list is never sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyOfCall {
    /// The outside number.
    pub number: String,
    /// Whom to tell.
    pub users: Vec<UserId>,
}

impl Ask for NotifyOfCall {
    type Answer = ();

    fn request(&self) -> Request {
        let item = json!({"type": "phone_call", "phone_number": self.number, "users": self.users});
        let items = if self.users.is_empty() { vec![] } else { vec![item] };
        Request::with_body(Method::Post, "/api/v2/events", json!({"add": items}))
    }

    /// What stands in the answer is not documented: its status is all that counts.
    fn read(&self, reply: &Reply<'_>) -> Result<(), KommoError> {
        match reply.status {
            200..=299 => Ok(()),
            _ => super::error::success(reply).map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kommo::testing::reply;

    #[test]
    fn a_call_is_told_to_those_named_and_never_to_everybody() {
        let mut ask = NotifyOfCall { number: "+49305550100".into(), users: vec![UserId(9)] };
        assert_eq!(ask.request().path, "/api/v2/events");
        let item = json!({"type": "phone_call", "phone_number": "+49305550100", "users": [9]});
        assert_eq!(ask.request().body, Some(json!({"add": [item]})));
        ask.users.clear();
        assert_eq!(ask.request().body, Some(json!({"add": []})));
        assert_eq!(ask.read(&reply(202, "")), Ok(()));
        assert!(ask.read(&reply(403, "<html>")).is_err());
    }
}
