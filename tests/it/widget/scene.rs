//! One person in front of the CRM's page.

use std::{panic::Location, path::Path, pin::Pin, time::Duration};

use kommo_voip_tests::browser::Browser;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::archive;
use crate::{
    account::Account,
    stack::{Stack, reply},
    support,
};

/// Written into every document before the page runs.
const SPY: &str = include_str!("spy.js");

/// What arrives moves for a moment, and a colour on its way is neither the old nor the new one.
pub(super) const AT_REST: &str = "document.getAnimations().every(function (one) { \
    return one.effect.getTiming().iterations > 1 || one.playState === 'finished'; })";

/// Something a person does or waits for; a failure names the line of the test.
type Step<'a, T = ()> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The stack of all who neither kill it nor turn its switches.
pub(super) async fn stack() -> &'static Stack {
    static SHARED: OnceCell<Stack> = OnceCell::const_new();
    SHARED.get_or_init(own_stack).await
}

/// What the page's notification centre holds of this kind, as an expression.
pub(super) fn kept(kind: &str) -> String {
    format!(
        "Object.keys(localStorage).filter(function (key) {{ return key.startsWith('sim.notifications'); }}) \
         .reduce(function (all, key) {{ return all.concat(JSON.parse(localStorage.getItem(key))); }}, []) \
         .filter(function (one) {{ return one.kind === {}; }})",
        json!(kind)
    )
}

/// A stack that a test may kill. Its page offers the packaged widget, and what is created is found at once.
pub(super) async fn own_stack() -> Stack {
    stack_with(json!({})).await
}

/// The same with wishes of the simulator's whole installation.
pub(super) async fn stack_with(mut wishes: Value) -> Stack {
    wishes["searchLag"] = json!(0);
    let dress = |config: &mut kommo_voip_tests::Config| {
        config.widgets = vec![archive::for_worker(&config.worker_url)];
        config.assets = support::assets();
    };
    Stack::dressed(wishes, dress).await
}

/// The selector of one of the widget's elements.
pub(super) fn kv(name: &str) -> String {
    format!("[data-kv=\"{name}\"]")
}

/// An expression that chooses from one of the widget's lists as a person does, and says whether it could.
pub(super) fn choose(name: &str, option: &str) -> String {
    format!(
        "(function () {{ var list = document.querySelector({}); \
         var found = list && Array.from(list.options).find(function (one) {{ return one.text === {}; }}); \
         if (!found || list.disabled) {{ return false; }} \
         list.value = found.value; list.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()",
        json!(kv(name)),
        json!(option)
    )
}

/// A browser with one account's page.
pub(super) struct Scene {
    pub(super) account: Account,
    pub(super) browser: Browser,
    user: u64,
}

/// An account whose page runs the widget, and which is connected, with lines 101, 102, … for its users. After a talk
/// nobody is asked for its result: that has tests of its own, and everything else need not wait for it.
pub(super) async fn running(stack: &Stack, wishes: Value) -> Account {
    dressed(Account::ready_with(stack, wishes).await).await
}

/// The same for a customer of this provider.
pub(super) async fn running_at(stack: &Stack, provider: &str) -> Account {
    dressed(Account::ready_at(stack, provider).await).await
}

async fn dressed(account: Account) -> Account {
    account.set(json!({"callFeedback": false})).await;
    let session = account.ends.control("session", json!({"account": account.id})).await;
    let change = json!({"code": code(&account).await, "active": "Y", "fields": {"voip": "{\"v\":1}"}});
    let edit = account.ends.http.post(format!("{}/ajax/widgets/edit", account.ends.sim));
    let edited = reply(edit.header("cookie", session["cookie"].as_str().unwrap_or_default()).json(&change)).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    account
}

/// The code the page gave our widget.
pub(super) async fn code(account: &Account) -> String {
    let session = account.ends.control("session", json!({"account": account.id})).await;
    let list = account.ends.http.post(format!("{}/ajax/widgets/list", account.ends.sim));
    let list = list.header("cookie", session["cookie"].as_str().unwrap_or_default()).json(&json!({}));
    let listed = reply(list).await;
    listed.body["widgets"][0]["code"].as_str().unwrap_or_else(|| panic!("no widget in {}", listed.text)).to_owned()
}

impl Scene {
    /// The browser of the account's administrator, with no page yet.
    pub(super) async fn new(account: Account) -> Self {
        let admin = account.admin;
        Self::of(account, admin).await
    }

    /// The browser of this user, with no page yet.
    pub(super) async fn of(account: Account, user: u64) -> Self {
        let browser = Browser::start().await.expect("a browser starts");
        let scene = Self { account, browser, user };
        scene.spy().await;
        scene
    }

    /// The administrator of a fresh account that runs the widget, at this address of the page.
    pub(super) async fn at(path: &str) -> Self {
        let scene = Self::new(running(stack().await, json!({})).await).await;
        scene.open(path).await;
        scene
    }

    /// From the next document of this tab on, writes down what the widget does.
    pub(super) async fn spy(&self) {
        let script = json!({"source": SPY});
        self.browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await.expect("a script for all pages");
    }

    /// Signs in and goes there.
    pub(super) async fn open(&self, path: &str) {
        let to: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let (sim, account, user) = (&self.account.ends.sim, &self.account.subdomain, self.user);
        let url = format!("{sim}/login?account={account}&user={user}&to={to}");
        self.browser.goto(&url).await.expect("the page loads");
    }

    /// Opens another tab there, and uses it from now on.
    pub(super) async fn open_in_new_tab(&self, path: &str) -> String {
        let tab = self.browser.new_tab().await.expect("a tab");
        self.spy().await;
        self.open(path).await;
        tab
    }

    /// Waits until the expression is true in the page.
    #[track_caller]
    pub(super) fn until(&self, expression: &str) -> Step<'_, Value> {
        let here = Location::caller();
        let expression = expression.to_owned();
        Box::pin(async move {
            match self.browser.wait_for(&expression).await {
                Ok(value) => value,
                Err(error) => panic!("{here}: {error}\nthe page says: {}", self.all_text().await),
            }
        })
    }

    async fn all_text(&self) -> String {
        self.value("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// The value of an expression in the page; a promise is waited for.
    pub(super) async fn value(&self, expression: &str) -> Value {
        self.browser.value(expression).await.expect("the expression has a value")
    }

    /// Waits until the widget's element is there.
    #[track_caller]
    pub(super) fn see(&self, name: &str) -> Step<'_> {
        let seen = self.until(&format!("document.querySelector({}) !== null", json!(kv(name))));
        Box::pin(async move { drop(seen.await) })
    }

    /// Waits until no such element is there.
    #[track_caller]
    pub(super) fn gone(&self, name: &str) -> Step<'_> {
        let gone = self.until(&format!("document.querySelector({}) === null", json!(kv(name))));
        Box::pin(async move { drop(gone.await) })
    }

    /// Waits until the widget's element says this.
    #[track_caller]
    pub(super) fn says(&self, name: &str, text: &str) -> Step<'_> {
        let (css, text) = (json!(kv(name)), json!(text));
        let said =
            self.until(&format!("(document.querySelector({css}) || {{innerText: ''}}).innerText.includes({text})"));
        Box::pin(async move { drop(said.await) })
    }

    /// What the widget's element says now; nothing if it is not there.
    pub(super) async fn text(&self, name: &str) -> String {
        let expression = format!("(document.querySelector({}) || {{innerText: ''}}).innerText", json!(kv(name)));
        self.value(&expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the widget's element.
    #[track_caller]
    pub(super) fn click(&self, name: &str) -> Step<'_> {
        self.press(&kv(name))
    }

    /// Clicks something of the page.
    #[track_caller]
    pub(super) fn press(&self, css: &str) -> Step<'_> {
        let here = Location::caller();
        let css = css.to_owned();
        Box::pin(async move {
            if let Err(error) = self.browser.click(&css).await {
                panic!("{here}: {css}: {error}\nthe page says: {}", self.all_text().await);
            }
        })
    }

    /// Types into the widget's field.
    pub(super) async fn fill(&self, name: &str, text: &str) {
        self.browser.fill(&kv(name), text).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Waits until the call's card has this state.
    #[track_caller]
    pub(super) fn card(&self, state: &str) -> Step<'_> {
        let css = format!("[data-kv=\"call-card\"][data-state=\"{state}\"]");
        let shown = self.until(&format!("document.querySelector({}) !== null", json!(css)));
        Box::pin(async move { drop(shown.await) })
    }

    /// Waits until the live connection stands.
    #[track_caller]
    pub(super) fn live(&self) -> Step<'_> {
        let greeted = self.until("kvSpy.frames.some(function (text) { return text.includes('\"hello\"'); })");
        Box::pin(async move { drop(greeted.await) })
    }

    /// Takes the hand off whatever it last clicked: a card under the pointer or with the focus stays.
    pub(super) async fn hands_off(&self) {
        let away = json!({"type": "mouseMoved", "x": 1000, "y": 300});
        self.browser.devtools("Input.dispatchMouseEvent", away).await.expect("the pointer moves");
        self.value("document.activeElement && document.activeElement.blur()").await;
    }

    /// What of the widget the page holds: its state as stored.
    pub(super) async fn widget_state(&self) -> String {
        let state = "document.querySelector('.widget-settings').dataset.status";
        self.value(state).await.as_str().unwrap_or_default().to_owned()
    }

    /// The requests of this kind the widget has made to the Worker.
    pub(super) async fn asked(&self, method: &str, path: &str) -> usize {
        let found = format!(
            "kvSpy.asked.filter(function (one) {{ return one.method === {} && one.url.endsWith({}); }}).length",
            json!(method),
            json!(format!("/api/v1/{path}"))
        );
        usize::try_from(self.value(&found).await.as_u64().expect("a count")).expect("a small count")
    }

    /// The page reported no error of its own or of the widget.
    pub(super) async fn assert_quiet(&self) {
        let logs = self.browser.logs().await.expect("the console");
        assert!(!logs.iter().any(|line| line.starts_with("SEVERE")), "{}", logs.join("\n"));
    }

    /// Keeps a picture of the page for people, where `KOMMO_VOIP_PICTURES` names a folder.
    pub(super) async fn picture(&self, name: &str) {
        if let Ok(folder) = std::env::var("KOMMO_VOIP_PICTURES") {
            self.until(AT_REST).await;
            self.browser.screenshot(&Path::new(&folder).join(format!("{name}.png"))).await.expect("a picture");
        }
    }

    /// Asks the Worker or the simulator until the answer is right.
    pub(super) async fn eventually<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let ends = &self.account.ends;
        ends.until(what, Duration::from_secs(60), async || ask().await.ok_or_else(|| "not yet".to_owned())).await
    }
}
