//! An answer to the widget is read by the page of the token's own account and by no other. Who gets an answer at all is
//! in [`super::attack`].

use reqwest::Method;

use crate::{
    account::Account,
    stack::{flow, reply, shared},
};

#[test]
fn only_the_tokens_own_account_may_read_the_answer() {
    flow(async {
        let account = Account::ready(shared().await).await;
        let token = account.token(account.admin).await;
        for (origin, granted) in [
            (account.ends.sim.clone(), true),
            ("https://evil.example".to_owned(), false),
            ("https://kommo.com.evil.example".to_owned(), false),
            (account.ends.sim.replace("http:", "https:"), false),
        ] {
            let asked = reply(account.request(Method::GET, "/settings", &token).header("origin", &origin)).await;
            let allowed = asked.header("access-control-allow-origin").to_owned();
            assert_eq!(allowed == origin, granted, "{origin}: {allowed}");
            assert!(granted || allowed.is_empty(), "{origin}: {allowed}");
        }
    });
}
