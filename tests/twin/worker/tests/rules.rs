//! The platform's rules, as far as the Worker's promises hang on them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio::time::sleep;
use worker_twin::twin::{Death, Received, Setup, World, awake, bound_number, now_millis, transaction_sync};
use worker_twin::{
    Context, DurableObject, Env, Error, Request, RequestInit, Response, Result, Socket, SqlStorageValue, State,
    WebSocket, WebSocketIncomingMessage,
};

const BEGINS: i64 = 1_750_000_000_000;

thread_local! {
    /// What the objects of this thread did, in its order.
    static DONE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn done() -> Vec<String> {
    DONE.take()
}

fn note(what: impl Into<String>) {
    DONE.with_borrow_mut(|done| done.push(what.into()));
}

/// Does what the path of its request says.
struct Thing {
    state: State,
    env: Env,
}

impl Thing {
    fn one(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Option<SqlStorageValue>> {
        let rows = self.state.storage().sql().exec(sql, values)?.raw().collect::<Result<Vec<_>>>()?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()))
    }

    fn count(&self) -> Result<Option<SqlStorageValue>> {
        self.one("SELECT COUNT(*) FROM t", vec![])
    }
}

impl DurableObject for Thing {
    fn new(state: State, env: Env) -> Self {
        let made = state.storage().sql().exec("CREATE TABLE IF NOT EXISTS t (i INTEGER, s TEXT) STRICT", None);
        made.expect("a table");
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        match request.path().as_str() {
            "/sql" => {
                let text = |value| self.one("SELECT CAST(? AS TEXT)", vec![value]);
                assert_eq!(text(5_i64.into_value())?, Some(SqlStorageValue::String("5.0".into())));
                assert_eq!(text(SqlStorageValue::Boolean(true))?, Some(SqlStorageValue::String("true".into())));
                self.one("INSERT INTO t (i) VALUES (?)", vec![7_i64.into_value()])?;
                assert_eq!(self.one("SELECT i FROM t", vec![])?, Some(7_i64.into_value()));
                let list = |count: usize| format!("SELECT 1 WHERE 1 IN ({})", vec!["?"; count].join(","));
                assert!(self.one(&list(100), vec![SqlStorageValue::Null; 100]).is_ok());
                assert!(self.one(&list(101), vec![SqlStorageValue::Null; 101]).is_err());
                assert!(self.one("BEGIN", vec![]).is_err());
            }
            "/transaction" => {
                let storage = self.state.storage();
                let insert = || self.one("INSERT INTO t (i) VALUES (1)", vec![]).is_ok();
                assert_eq!(transaction_sync(&storage, &mut || insert()), Ok(()));
                assert!(transaction_sync(&storage, &mut || !insert()).is_err());
                let nested = transaction_sync(&storage, &mut || {
                    transaction_sync(&storage, &mut || insert()).is_ok()
                        && transaction_sync(&storage, &mut || !insert()).is_err()
                });
                assert_eq!((nested, self.count()?), (Ok(()), Some(2_i64.into_value())));
            }
            "/d1" => {
                self.one("INSERT INTO t (i) VALUES (1)", vec![])?;
                let database = self.env.d1("DB")?;
                database.prepare("INSERT INTO d (i) VALUES (?1)").bind(&[bound_number(1.0)])?.run().await?;
                note("answered");
            }
            "/count" => {
                let Some(SqlStorageValue::Integer(here)) = self.count()? else { unreachable!("a count") };
                let rows = self.env.d1("DB")?.prepare("SELECT i FROM d").all().await?;
                note(format!("{here} here, {} shared", rows.results::<serde_json::Value>()?.len()));
            }
            "/alarm" => self.state.storage().set_alarm(1_000).await?,
            path => unreachable!("{path}"),
        }
        Response::empty()
    }

    async fn connect(&self, _socket: Socket) -> Result<()> {
        unreachable!("nobody connects")
    }

    async fn alarm(&self) -> Result<Response> {
        note(format!("rings at {} s for {:?}", (now_millis() - BEGINS) / 1000, self.state.id().name()));
        worker_twin::Delay::from(Duration::from_secs(1)).await;
        note("rang");
        Response::empty()
    }

    async fn websocket_message(&self, _socket: WebSocket, _message: WebSocketIncomingMessage) -> Result<()> {
        Ok(())
    }

    async fn websocket_close(&self, _socket: WebSocket, _code: usize, _why: String, _was_clean: bool) -> Result<()> {
        Ok(())
    }

    async fn websocket_error(&self, _socket: WebSocket, _error: Error) -> Result<()> {
        Ok(())
    }
}

trait IntoValue {
    fn into_value(self) -> SqlStorageValue;
}

impl IntoValue for i64 {
    fn into_value(self) -> SqlStorageValue {
        SqlStorageValue::Integer(self)
    }
}

/// Passes everything on to one object.
async fn pass_on(request: Request, env: Env) -> Result<Response> {
    env.durable_object("THING")?.id_from_name("7")?.get_stub()?.fetch_with_request(request).await
}

fn in_a_world(story: impl AsyncFnOnce(Rc<World>)) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let world = World::begin(Setup {
            seed: 1,
            begins: BEGINS,
            variables: BTreeMap::new(),
            migrations: vec!["CREATE TABLE d (i INTEGER) STRICT".to_owned()],
            network: Box::new(|_| Box::pin(async { None::<Received> })),
            fetch: |request, env, _: Context| Box::pin(pass_on(request, env)),
            object: awake::<Thing>,
        });
        story(world.clone()).await;
        world.end();
    });
}

/// Asks for a path; `false` where nobody answers.
async fn ask(world: &Rc<World>, path: &str) -> bool {
    let request = Request::new_with_init(&format!("https://thing{path}"), &RequestInit::new()).expect("a request");
    world.ask(request).await.is_some()
}

#[test]
fn values_bind_as_the_platform_binds_them() {
    in_a_world(async |world| assert!(ask(&world, "/sql").await));
}

#[test]
fn a_transaction_is_taken_back_as_a_whole_and_within_another() {
    in_a_world(async |world| assert!(ask(&world, "/transaction").await));
}

#[test]
fn what_was_asked_happens_though_nobody_lives_to_hear_of_it() {
    in_a_world(async |world| {
        // The way to the object is the first answer, D1's the second.
        world.doom([Death::Answer(1)]);
        assert!(!ask(&world, "/d1").await);
        assert_eq!((world.deaths(), done()), (1, vec![]));
        world.up().await;
        assert!(ask(&world, "/count").await);
        assert_eq!(
            done(),
            ["1 here, 1 shared"],
            "what was written before the await stays, and what was asked came to be"
        );
    });
}

#[test]
fn an_alarm_that_did_not_end_comes_again_after_the_next_start_and_calls_nobody_by_name() {
    in_a_world(async |world| {
        assert!(ask(&world, "/alarm").await);
        sleep(Duration::from_millis(1_500)).await;
        assert_eq!(done().len(), 1);
        world.kill();
        world.up().await;
        let again = format!("rings at {} s for None", (now_millis() - BEGINS) / 1000);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(done(), [again.as_str(), "rang"], "once, and then never again");
    });
}
