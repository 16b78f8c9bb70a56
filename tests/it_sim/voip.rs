//! The providers' telephones and APIs, as a client and a hook of the test meet them.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    http::{HeaderMap, Uri},
    routing::any,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Account, Reply, World, reply, world};

/// What the hook heard: URL, headers, body.
type Heard = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

/// A product that says the same to every question.
async fn product(content_type: &'static str, says: &'static str) -> (String, Heard) {
    let heard: Heard = Arc::default();
    let kept = Arc::clone(&heard);
    let router = Router::new().fallback(any(move |uri: Uri, headers: HeaderMap, body: String| async move {
        let token = headers.get("validation-token").cloned();
        kept.lock().unwrap().push((uri.to_string(), headers, body));
        let mut answer = HeaderMap::new();
        answer.insert("content-type", content_type.parse().unwrap());
        if let Some(token) = token {
            answer.insert("validation-token", token);
        }
        (answer, says)
    }));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
    (url, heard)
}

async fn register(world: &World, account: &Account, provider: &str, credentials: Value, url: &str) {
    let lines = json!([{"extension": "101", "name": "Anna", "email": "anna@example.com"}, {"extension": "102"}]);
    let phone = json!({
        "account": account.id, "provider": provider, "credentials": credentials, "lines": lines,
        "hookUrl": format!("{url}/hook"), "routeUrl": format!("{url}/route"),
    });
    world.control("phone", phone).await;
}

async fn step(world: &World, account: &Account, mut step: Value) -> Vec<Value> {
    step["account"] = json!(account.id);
    world.control("call", step).await.as_array().unwrap().clone()
}

/// What was told, in order.
fn told(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["what"].as_str().unwrap_or("refused")).collect()
}

async fn ask(world: &World, host: &str, method: Method, path: &str, authorization: &str) -> Reply {
    let request = world.http.request(method, world.url(path)).header("x-intended-host", host);
    reply(request.header("authorization", authorization)).await
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn twilio_rings_whom_the_twiml_dials_and_tells_each_leg() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let twiml = "<Response><Dial answerOnBridge=\"true\" timeout=\"20\">\
        <Number statusCallback=\"/nowhere\" statusCallbackEvent=\"initiated ringing answered completed\">+15550000101</Number>\
        <Client>anna</Client></Dial></Response>";
    let (url, heard) = product("text/xml", twiml).await;
    register(
        &world,
        &account,
        "twilio",
        json!({"accountSid": "AC1", "authToken": "secret", "number": "+15550000000"}),
        &url,
    )
    .await;
    let ring = step(&world, &account, json!({"kind": "ring", "callId": "c", "from": "+15551234567"})).await;
    assert_eq!(told(&ring)[0], "where to");
    step(&world, &account, json!({"kind": "answer", "extension": "+15550000101", "at": 1000})).await;
    let ended = step(&world, &account, json!({"kind": "hangup", "duration": 42})).await;
    assert_eq!(told(&ended).last(), Some(&"call completed"));
    let (path, headers, body) = heard.lock().unwrap()[0].clone();
    assert_eq!(path, "/route");
    assert!(
        body.contains("CallStatus=ringing") && body.contains("Direction=inbound") && body.contains("CallerCity=&"),
        "{body}"
    );
    assert_eq!(headers["x-twilio-signature"].to_str().unwrap().len(), 28);
    let state = reply(world.http.get(world.url(&format!("/_sim/providers?account={}", account.id)))).await.body;
    let legs = &state["providers"][0]["calls"][0]["legs"];
    assert_eq!((&legs[0]["outcome"], &legs[1]["outcome"]), (&json!("completed"), &json!("canceled")), "{state}");
    assert_eq!(legs[0]["ended"], 1042.0);
}

#[tokio::test]
async fn instructions_a_cloud_would_not_take_are_refused_with_the_reason() {
    let world = world().await;
    for (provider, kind, says) in [
        ("twilio", "text/xml", "<Response><Dial><Number>+1 & 2</Number></Dial></Response>"),
        ("twilio", "text/xml", "<Response><Dial ringFor=\"3\">+15550000101</Dial></Response>"),
        ("twilio", "application/json", "<Response/>"),
        ("plivo", "application/xml", "<Response><Dial><User>anna</User></Dial></Response>"),
        (
            "vonage",
            "application/json",
            "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"phone\",\"number\":\"+1555\"}]}]",
        ),
        ("vonage", "application/json", "{}"),
        ("zadarma", "application/json", "{\"redirect\":\"anna\"}"),
        ("zadarma", "application/json", "{\"caller_name\":\"x\",\"return_timeout\":1}"),
    ] {
        let account = world.fresh(json!({})).await;
        let (url, _heard) = product(kind, says).await;
        let name = format!("id-{}", account.id);
        let credentials = json!({
            "accountSid": name, "authToken": "t", "authId": name, "key": name, "secret": "s", "applicationId": name,
            "apiKey": "k", "signatureSecret": "s", "number": "+15550000000",
        });
        register(&world, &account, provider, credentials, &url).await;
        let ring = step(&world, &account, json!({"kind": "ring", "from": "+15551234567"})).await;
        assert!(ring.iter().any(|answer| answer["problem"].is_string()), "{provider} takes {says}: {ring:?}");
    }
}

#[tokio::test]
async fn credentials_with_the_word_wrong_are_refused_as_each_provider_does() {
    let world = world().await;
    let twilio =
        ask(&world, "api.twilio.com", Method::GET, "/2010-04-01/Accounts/AC1.json", &basic("AC1", "wrong")).await;
    assert_eq!((twilio.status, &twilio.body["code"]), (401, &json!(20003)));
    let zadarma = ask(&world, "api.zadarma.com", Method::GET, "/v1/info/timezone", "wrong:sig").await;
    assert_eq!((zadarma.status, &zadarma.body["message"]), (401, &json!("Not authorized")));
    let telnyx = ask(&world, "api.telnyx.com", Method::GET, "/v2/call_control_applications/1", "Bearer wrong").await;
    assert_eq!((telnyx.status, &telnyx.body["errors"][0]["code"]), (401, &json!("10009")));
    let vonage = ask(&world, "api.nexmo.com", Method::GET, "/v1/calls", "Bearer a.b.c").await;
    assert_eq!((vonage.status, &vonage.body["title"]), (401, &json!("Unauthorized")));
    assert_eq!(ask(&world, "api.plivo.com", Method::GET, "/v1/Account/MA1/", &basic("MA1", "wrong")).await.status, 401);
    let path = "/restapi/v1.0/account/~/extension";
    let ringcentral = ask(&world, "platform.ringcentral.com", Method::GET, path, "Bearer nobody").await;
    assert_eq!((ringcentral.status, &ringcentral.body["errorCode"]), (401, &json!("OAU-213")));
    let good =
        ask(&world, "api.twilio.com", Method::GET, "/2010-04-01/Accounts/AC1.json", &basic("AC1", "right")).await;
    assert_eq!((good.status, &good.body["sid"]), (200, &json!("AC1")));
}

#[tokio::test]
async fn zadarma_takes_only_requests_signed_like_its_library() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    register(&world, &account, "zadarma", json!({"key": "key1", "secret": "SECRET"}), "http://127.0.0.1:9").await;
    // Method path, the query, and the MD5 of the query: HMAC-SHA1, in hexadecimal, in base64.
    let good = "key1:MGNlZWI2YjEyNWY1NzQ2YjE5YWQ3ZWRlNjJkOTgwZTU3ODQzOWE3Ng==";
    let sent = ask(&world, "api.zadarma.com", Method::GET, "/v1/info/timezone?format=json", good).await;
    assert_eq!((sent.status, &sent.body["timezone"]), (200, &json!("UTC+0")), "{}", sent.body);
    let other = ask(&world, "api.zadarma.com", Method::GET, "/v1/info/timezone?format=xml", good).await;
    assert_eq!(other.status, 401);
}

#[tokio::test]
async fn ringcentral_asks_for_proof_and_gives_each_refresh_token_once() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let form = [
        ("response_type", "code"),
        ("client_id", "client"),
        ("redirect_uri", "https://voip.example/cb"),
        ("state", "s&1"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("answer", "authorize"),
        ("company", &account.id.to_string()),
    ];
    let code = async || {
        let request = world.http.post(world.url("/restapi/oauth/authorize")).form(&form);
        let location = request.send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
        assert!(
            location.starts_with("https://voip.example/cb?code=") && location.ends_with("state=s%261"),
            "{location}"
        );
        location.split(['=', '&']).nth(1).unwrap().to_owned()
    };
    let token = async |form: Vec<(&str, String)>| {
        let request = world.http.post(world.url("/restapi/oauth/token"));
        reply(request.header("x-intended-host", "platform.ringcentral.com").form(&form)).await
    };
    let exchange = async |code: String, verifier: &str| {
        token(vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", "https://voip.example/cb".to_owned()),
            ("client_id", "client".to_owned()),
            ("code_verifier", verifier.to_owned()),
        ])
        .await
    };
    assert_eq!(exchange(code().await, "another verifier").await.body["error"], "invalid_grant");
    let pair = exchange(code().await, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").await;
    assert_eq!(pair.status, 200, "{}", pair.body);
    let refresh = || {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", text(&pair.body["refresh_token"])),
            ("client_id", "client".to_owned()),
        ]
    };
    assert_eq!(token(refresh()).await.status, 200);
    assert_eq!(token(refresh()).await.status, 400);
    // A subscription counts only once its address has echoed the token.
    let (url, heard) = product("application/json", "").await;
    let bearer = format!("Bearer {}", pair.body["access_token"].as_str().unwrap());
    let wish = json!({
        "eventFilters": ["/restapi/v1.0/account/~/telephony/sessions"],
        "deliveryMode": {"transportType": "WebHook", "address": url, "verificationToken": "our-own"},
    });
    let request = world.http.post(world.url("/restapi/v1.0/subscription")).json(&wish);
    let made =
        reply(request.header("x-intended-host", "platform.ringcentral.com").header("authorization", bearer)).await;
    assert_eq!((made.status, &made.body["status"]), (200, &json!("Active")), "{}", made.body);
    assert_eq!(heard.lock().unwrap().len(), 1);
    step(&world, &account, json!({"provider": "ringcentral", "kind": "ring", "from": "+15551234567", "to": "+15550000000", "extension": "400131101"})).await;
    let heard = heard.lock().unwrap();
    assert_eq!(heard[1].1["verification-token"], "our-own");
    let event: Value = serde_json::from_str(&heard[1].2).unwrap();
    assert_eq!(event["body"]["parties"][0]["extensionId"], "400131101");
    assert!(event["body"]["parties"][0]["to"].get("extensionNumber").is_none());
}

#[tokio::test]
async fn a_call_the_product_asked_for_rings_the_line_first_and_then_the_client() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let (url, heard) = product("application/json", "{}").await;
    register(
        &world,
        &account,
        "telnyx",
        json!({"apiKey": "KEY1", "connectionId": "7", "number": "+15550000000"}),
        &url,
    )
    .await;
    let post = async |path: String, body: Value| {
        let request = world.http.post(world.url(&path)).header("x-intended-host", "api.telnyx.com");
        reply(request.bearer_auth("KEY1").json(&body)).await
    };
    let wrong = post("/v2/calls".to_owned(), json!({"connection_id": "7", "from": "+15550000000", "to": "101"})).await;
    assert_eq!(wrong.status, 422);
    let dial =
        json!({"connection_id": "7", "from": "+15550000000", "to": "sip:anna@sip.telnyx.com", "client_state": "e30="});
    let placed = post("/v2/calls".to_owned(), dial).await;
    let control = placed.body["data"]["call_control_id"].as_str().unwrap().to_owned();
    let (answers, transferred) = futures_util::future::join(
        step(&world, &account, json!({"kind": "answer"})),
        post(format!("/v2/calls/{control}/actions/transfer"), json!({"to": "+15551234567", "from": "+15550000000"})),
    )
    .await;
    assert_eq!((told(&answers).len(), transferred.status), (1, 200), "{answers:?} {}", transferred.body);
    let ended = async {
        step(&world, &account, json!({"kind": "client_answer"})).await;
        step(&world, &account, json!({"kind": "hangup", "duration": 5})).await
    }
    .await;
    assert_eq!(ended.len(), 2);
    let kinds: Vec<String> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|(_, _, body)| {
            serde_json::from_str::<Value>(body).unwrap()["data"]["event_type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "call.initiated").count(), 2, "{kinds:?}");
    assert_eq!(&kinds[kinds.len() - 2..], ["call.hangup", "call.hangup"]);
}

#[tokio::test]
async fn held_webhooks_come_in_the_order_that_is_asked_for() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let (url, heard) = product("text/xml", "<Response/>").await;
    register(
        &world,
        &account,
        "twilio",
        json!({"accountSid": "AC2", "authToken": "secret", "number": "+15550000000"}),
        &url,
    )
    .await;
    let ring = json!({"kind": "ring", "callId": "c", "from": "+15551234567", "lines": ["101"], "hold": true});
    step(&world, &account, ring).await;
    step(&world, &account, json!({"kind": "answer", "hold": true})).await;
    step(&world, &account, json!({"kind": "hangup", "hold": true})).await;
    assert!(heard.lock().unwrap().is_empty());
    let flushed = step(&world, &account, json!({"kind": "flush", "callId": "c", "order": "reverse", "times": 2})).await;
    assert_eq!(told(&flushed)[..3], ["call completed", "call completed", "101 completed"]);
    assert_eq!(told(&flushed).last(), Some(&"101 initiated"));
}

#[tokio::test]
async fn recordings_are_guarded_have_ranges_and_may_lead_astray() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let (url, heard) = product("text/xml", "<Response/>").await;
    register(
        &world,
        &account,
        "twilio",
        json!({"accountSid": "AC3", "authToken": "secret", "number": "+15550000000"}),
        &url,
    )
    .await;
    step(&world, &account, json!({"kind": "ring", "callId": "c", "from": "+15551234567", "lines": ["101"]})).await;
    for kind in ["answer", "hangup", "recording"] {
        step(&world, &account, json!({"kind": kind})).await;
    }
    let body = heard.lock().unwrap().last().unwrap().2.clone();
    let fields: std::collections::BTreeMap<String, String> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let path = fields["RecordingUrl"].strip_prefix("https://api.twilio.com").unwrap().to_owned() + ".mp3";
    assert_eq!(ask(&world, "api.twilio.com", Method::GET, &path, "").await.status, 401);
    let fetch = |range: &'static str| {
        let request = world.http.get(world.url(&path)).header("x-intended-host", "api.twilio.com");
        request.header("authorization", basic("AC3", "secret")).header("range", range).send()
    };
    let all = fetch("").await.unwrap();
    assert_eq!((all.status().as_u16(), &all.headers()["accept-ranges"]), (200, &"bytes".parse().unwrap()));
    let all = all.bytes().await.unwrap();
    let part = fetch("bytes=10-19").await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), all.slice(10..20));
    assert_eq!(fetch("bytes=999999-").await.unwrap().status(), 416);
    world.control("phone", json!({"account": account.id, "provider": "twilio", "recordingRedirect": "address"})).await;
    assert_eq!(fetch("").await.unwrap().headers()["location"].to_str().unwrap()[..16], *"https://169.254.");
}

#[tokio::test]
async fn a_pbx_of_ones_own_takes_signed_wishes_only() {
    let world = world().await;
    let account = world.fresh(json!({})).await;
    let phone = json!({"account": account.id, "hookUrl": "http://127.0.0.1:9", "secret": "whsec_c2VjcmV0", "hosts": ["pbx.example"]});
    world.control("phone", phone).await;
    let request = world.http.post(world.url("/dial")).header("x-intended-host", "pbx.example").json(&json!({}));
    assert_eq!(reply(request).await.status, 401);
    let recording =
        world.http.get(world.url("/r/1.mp3")).header("x-intended-host", "pbx.example").header("range", "bytes=0-2");
    let answer = recording.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.bytes().await.unwrap()[..]), (206, &b"ID3"[..]));
    let elsewhere = world.http.get(world.url("/r/1.mp3")).header("x-intended-host", "other.example");
    assert_ne!(reply(elsewhere).await.status, 200);
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_so() {
    let world = world().await;
    let path = "/v1/statistics/pbx?end=2026-07-02+00%3A00%3A00&start=2026-07-01+00%3A00%3A00&version=2";
    let authorization = format!("key9:{}", "x".repeat(56));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ask(&world, "api.zadarma.com", Method::GET, path, &authorization).await.status);
    }
    // Three requests a minute for statistics.
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[tokio::test]
async fn parameters_no_provider_documents_are_refused() {
    let world = world().await;
    let twilio = "/2010-04-01/Accounts/AC9/Calls.json?Since=yesterday";
    assert_eq!(ask(&world, "api.twilio.com", Method::GET, twilio, &basic("AC9", "right")).await.status, 400);
    let plivo = "/v1/Account/MA9/Call/?since=yesterday";
    assert_eq!(ask(&world, "api.plivo.com", Method::GET, plivo, &basic("MA9", "right")).await.status, 400);
    let zadarma = format!("key8:{}", "x".repeat(56));
    assert_eq!(ask(&world, "api.zadarma.com", Method::GET, "/v1/pbx/internal?since=1", &zadarma).await.status, 400);
    assert_eq!(
        ask(&world, "api.twilio.com", Method::DELETE, "/2010-04-01/Accounts/AC9.json", &basic("AC9", "right"))
            .await
            .status,
        405
    );
}
