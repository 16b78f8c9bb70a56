//! Every sentence the widget shows, by name; the words stand in the i18n files, one per language.
//!
//! A test compares the names with all three files, so a missing translation fails the build and not a customer.

use serde_json::Value;

macro_rules! texts {
    ($($name:ident = $key:literal),* $(,)?) => {
        /// The name of a text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Text {
            $(#[doc = concat!("`ui.", $key, "` in the i18n files.")] $name,)*
        }

        impl Text {
            /// All of them.
            pub const ALL: &'static [Text] = &[$(Text::$name),*];

            /// Where it stands under `ui` in an i18n file.
            pub fn key(self) -> &'static str {
                match self { $(Text::$name => $key,)* }
            }
        }
    };
}

texts! {
    Locale = "locale",
    CardList = "card.list",
    CardIncoming = "card.incoming",
    CardOutgoing = "card.outgoing",
    CardDialling = "card.dialling",
    CardTalking = "card.talking",
    CardEnded = "card.ended",
    CardMissed = "card.missed",
    CardNotReached = "card.not_reached",
    CardSearching = "card.searching",
    CardUnknown = "card.unknown",
    CardUnavailable = "card.unavailable",
    CardWithheld = "card.withheld",
    CardClientOf = "card.client_of",
    CardLine = "card.line",
    CardOpen = "card.open",
    CardAddContact = "card.add_contact",
    CardDismiss = "card.dismiss",
    CardMinimise = "card.minimise",
    CardExpand = "card.expand",
    CardMore = "card.more",
    CardFewer = "card.fewer",
    CardAnnounce = "card.announce",
    CardSummary = "card.summary",
    CardAccept = "card.accept",
    CardOthers = "card.others",
    CardNextTask = "card.next_task",
    DialerTitle = "dialer.title",
    DialerClose = "dialer.close",
    DialerNumber = "dialer.number",
    DialerHint = "dialer.hint",
    DialerValid = "dialer.valid",
    DialerUnknown = "dialer.unknown",
    DialerInternal = "dialer.internal",
    DialerNothing = "dialer.nothing",
    DialerErase = "dialer.erase",
    DialerKeypad = "dialer.keypad",
    DialerCall = "dialer.call",
    DialerCallBack = "dialer.call_back",
    DialerRecent = "dialer.recent",
    DialerMissed = "dialer.missed",
    DialerNoCalls = "dialer.no_calls",
    DialerNoMissed = "dialer.no_missed",
    DialerIncoming = "dialer.incoming",
    DialerOutgoing = "dialer.outgoing",
    DialerColleague = "dialer.colleague",
    DialerWasMissed = "dialer.was_missed",
    CallerCreate = "caller.create",
    CallerCreating = "caller.creating",
    CallerLeads = "caller.leads",
    CallerLogHere = "caller.log_here",
    CallerChoose = "caller.choose",
    CallerRecent = "caller.recent",
    CallerIn = "caller.in",
    CallerOut = "caller.out",
    CallerNote = "caller.note",
    CallerNoResult = "caller.no_result",
    RingMute = "ring.mute",
    RingVolume = "ring.volume",
    RingBlocked = "ring.blocked",
    RingNotify = "ring.notify",
    RingSetting = "ring.setting",
    RingSettingHint = "ring.setting_hint",
    NoticeTitle = "notice.title",
    NoticeSignedOut = "notice.signed_out",
    NoticeNoWasm = "notice.no_wasm",
    NoticeNoLine = "notice.no_line",
    NoticeMissed = "notice.missed",
    ListTitle = "list.title",
    ListStart = "list.start",
    ListPause = "list.pause",
    ListResume = "list.resume",
    ListSkip = "list.skip",
    ListStop = "list.stop",
    ListClear = "list.clear",
    ListAddCard = "list.add_card",
    ListAdding = "list.adding",
    ListEmpty = "list.empty",
    ListThrough = "list.through",
    ListCalling = "list.calling",
    ListNext = "list.next",
    ListSeconds = "list.seconds",
    ListWaitsCall = "list.waits_call",
    ListWaitsSummary = "list.waits_summary",
    ListPaused = "list.paused",
    ListPausedAway = "list.paused_away",
    ListProgress = "list.progress",
    ListAdded = "list.added",
    ListDoubles = "list.doubles",
    ListLeftOut = "list.left_out",
    ListWaiting = "list.waiting",
    ListIsCalled = "list.is_called",
    ListTalked = "list.talked",
    ListNoAnswer = "list.no_answer",
    ListBusy = "list.busy",
    ListVoicemail = "list.voicemail",
    ListFailed = "list.failed",
    ListSkipped = "list.skipped",
    ListNoNumber = "list.no_number",
    ListNumberOf = "list.number_of",
    ListRemove = "list.remove",
    FailureUnreachable = "failure.unreachable",
    FailureUnexpected = "failure.unexpected",
    FailureStale = "failure.stale",
    FailureConnectFirst = "failure.connect_first",
    FailureNumber = "failure.number",
    FailureDuplicate = "failure.duplicate",
    FailureTime = "failure.time",
    FailureHours = "failure.hours",
    FailureDays = "failure.days",
    FailureChoose = "failure.choose",
    FormLoading = "form.loading",
    FormConnected = "form.connected",
    FormNotConnected = "form.not_connected",
    FormConnectHint = "form.connect_hint",
    FormConnect = "form.connect",
    FormConnecting = "form.connecting",
    FormRetry = "form.retry",
    FormProviderHeading = "form.provider_heading",
    FormProvider = "form.provider",
    FormProviderGeneric = "form.provider_generic",
    FormCheck = "form.check",
    FormWorks = "form.works",
    FormStored = "form.stored",
    FormSaveFirst = "form.save_first",
    FormSetUp = "form.set_up",
    FormHookUrl = "form.hook_url",
    FormRouteUrl = "form.route_url",
    FormFormerHeading = "form.former_heading",
    FormFormer = "form.former",
    FormForget = "form.forget",
    FormForgetAsk = "form.forget_ask",
    FormSecret = "form.secret",
    FormSecretOnce = "form.secret_once",
    FormSecretStored = "form.secret_stored",
    FormOwnSecret = "form.own_secret",
    FormOwnSecretHint = "form.own_secret_hint",
    FormCreateHook = "form.create_hook",
    FormRotate = "form.rotate",
    FormRotateAsk = "form.rotate_ask",
    FormRotateYes = "form.rotate_yes",
    FormCancel = "form.cancel",
    FormCopy = "form.copy",
    FormCopied = "form.copied",
    FormUsersHeading = "form.users_heading",
    FormUsersHint = "form.users_hint",
    FormExtensionsOf = "form.extensions_of",
    FormFormerUser = "form.former_user",
    FormPropose = "form.propose",
    FormProposed = "form.proposed",
    FormNobody = "form.nobody",
    FormNoNewLines = "form.no_new_lines",
    FormInactiveLines = "form.inactive_lines",
    FormSaving = "form.saving",
    FormSaved = "form.saved",
    FormSavedSecret = "form.saved_secret",
    FormSavedAddresses = "form.saved_addresses",
    FailureReference = "failure.reference",
    FailureCountry = "failure.country",
    CardOffline = "card.offline",
    CardTest = "card.test",
    CardTestAbout = "card.test_about",
    NoticeOffline = "notice.offline",
    FormUnsaved = "form.unsaved",
    FormClosedUnsaved = "form.closed_unsaved",
    FormKept = "form.kept",
    FormRestore = "form.restore",
    FormForgetDraft = "form.forget_draft",
    AboutInbound = "about.inbound",
    AboutMissed = "about.missed",
    AboutHours = "about.hours",
    AboutForwarding = "about.forwarding",
    AboutOutbound = "about.outbound",
    AboutLeads = "about.leads",
    SetCards = "set.cards",
    AboutCards = "about.cards",
    AboutGeneral = "about.general",
    ConflictHeading = "conflict.heading",
    ConflictSomebody = "conflict.somebody",
    ConflictTold = "conflict.told",
    ConflictToldBare = "conflict.told_bare",
    ConflictAbout = "conflict.about",
    ConflictLoaded = "conflict.loaded",
    ConflictNone = "conflict.none",
    ConflictSetting = "conflict.setting",
    ConflictTheirs = "conflict.theirs",
    ConflictMine = "conflict.mine",
    ConflictLoad = "conflict.load",
    ConflictDone = "conflict.done",
    ConflictTake = "conflict.take",
    ConflictOn = "conflict.on",
    ConflictOff = "conflict.off",
    HealthHeading = "health.heading",
    HealthAllGood = "health.all_good",
    HealthSome = "health.some",
    HealthGood = "health.good",
    HealthAttention = "health.attention",
    HealthProblem = "health.problem",
    HealthKommo = "health.kommo",
    HealthNoKommo = "health.no_kommo",
    HealthNoKommoStep = "health.no_kommo_step",
    HealthToken = "health.token",
    HealthTokenEnded = "health.token_ended",
    HealthTokenStep = "health.token_step",
    HealthNoToken = "health.no_token",
    HealthOff = "health.off",
    HealthOffStep = "health.off_step",
    HealthNoProvider = "health.no_provider",
    HealthNoProviderStep = "health.no_provider_step",
    HealthRefused = "health.refused",
    HealthRefusedStep = "health.refused_step",
    HealthNoEvent = "health.no_event",
    HealthNoEventStep = "health.no_event_step",
    HealthQuiet = "health.quiet",
    HealthLastEvent = "health.last_event",
    HealthNoSockets = "health.no_sockets",
    HealthNoSocketsStep = "health.no_sockets_step",
    HealthSockets = "health.sockets",
    HealthNothingParked = "health.nothing_parked",
    HealthParked = "health.parked",
    HealthParkedStep = "health.parked_step",
    HealthRetryAll = "health.retry_all",
    HealthPaused = "health.paused",
    HealthPausedStep = "health.paused_step",
    HealthRequests = "health.requests",
    HealthBusyStep = "health.busy_step",
    HealthFailures = "health.failures",
    HealthNoFailures = "health.no_failures",
    TestHeading = "test.heading",
    TestAbout = "test.about",
    TestNumber = "test.number",
    TestNobody = "test.nobody",
    TestRun = "test.run",
    TestRuns = "test.runs",
    TestPassed = "test.passed",
    TestFailed = "test.failed",
    TestHopPassed = "test.hop_passed",
    TestHopSkipped = "test.hop_skipped",
    TestHopFailed = "test.hop_failed",
    TestNoKey = "test.no_key",
    TestTalked = "test.talked",
    TestMissed = "test.missed",
    WrongNumber = "wrong.number",
    WrongSid = "wrong.sid",
    WrongAddress = "wrong.address",
    WrongHeader = "wrong.header",
    WrongSecret = "wrong.secret",
    WrongShort = "wrong.short",
    WrongKey = "wrong.key",
    WrongCopy = "wrong.copy",
    SetGeneral = "set.general",
    SetInbound = "set.inbound",
    SetMissed = "set.missed",
    SetOutbound = "set.outbound",
    SetLeads = "set.leads",
    SetRingSound = "set.ring_sound",
    SetRegion = "set.region",
    SetRegionHint = "set.region_hint",
    SetRetention = "set.retention",
    SetAutoDial = "set.auto_dial",
    SetAutoDialHint = "set.auto_dial_hint",
    SetUnknownCreate = "set.unknown_create",
    SetCreateContactAndLead = "set.create_contact_and_lead",
    SetCreateIncomingLead = "set.create_incoming_lead",
    SetUnknownAccept = "set.unknown_accept",
    SetAcceptManual = "set.accept_manual",
    SetAcceptOnAnswer = "set.accept_on_answer",
    SetLeadIfNone = "set.lead_if_none",
    SetNumberInNote = "set.number_in_note",
    SetMissedTask = "set.missed_task",
    SetMissedDue = "set.missed_due",
    SetMissedText = "set.missed_text",
    SetMissedTextHint = "set.missed_text_hint",
    SetMissedResponsible = "set.missed_responsible",
    SetContactOwner = "set.contact_owner",
    SetCalledUser = "set.called_user",
    SetFixed = "set.fixed",
    SetFixedUser = "set.fixed_user",
    SetChoose = "set.choose",
    SetForwarding = "set.forwarding",
    SetFallback = "set.fallback",
    SetFallbackHint = "set.fallback_hint",
    SetBudget = "set.budget",
    SetBudgetHint = "set.budget_hint",
    SetRingSeconds = "set.ring_seconds",
    SetOutboundCreate = "set.outbound_create",
    SetPipeline = "set.pipeline",
    SetPipelineMain = "set.pipeline_main",
    SetStage = "set.stage",
    SetStageFirst = "set.stage_first",
    SetCallFeedback = "set.call_feedback",
    SetCallFeedbackHint = "set.call_feedback_hint",
    SetOpenCard = "set.open_card",
    SetOpenCardHint = "set.open_card_hint",
    SetRateQuality = "set.rate_quality",
    SetRateOff = "set.rate_off",
    SetRateOptional = "set.rate_optional",
    SetRateRequired = "set.rate_required",
    SetRecordings = "set.recordings",
    SetHours = "set.hours",
    SetHoursOn = "set.hours_on",
    SetHoursOnHint = "set.hours_on_hint",
    SetDays = "set.days",
    SetDay1 = "set.day_1",
    SetDay2 = "set.day_2",
    SetDay3 = "set.day_3",
    SetDay4 = "set.day_4",
    SetDay5 = "set.day_5",
    SetDay6 = "set.day_6",
    SetDay7 = "set.day_7",
    SetHoursFrom = "set.hours_from",
    SetHoursTo = "set.hours_to",
    SetHoursToHint = "set.hours_to_hint",
    SetHoursResponsible = "set.hours_responsible",
    SetHoursSame = "set.hours_same",
    SetDeletedPipeline = "set.deleted_pipeline",
    SetDeletedStage = "set.deleted_stage",
    SetDeletedUser = "set.deleted_user",
    SetInactiveUser = "set.inactive_user",
    SetGonePipeline = "set.gone_pipeline",
    SetGoneStage = "set.gone_stage",
    SetGoneUser = "set.gone_user",
    SetUnsortedOff = "set.unsorted_off",
    SummaryLinked = "summary.linked",
    SummaryChange = "summary.change",
    SummaryNotLinked = "summary.not_linked",
    SummaryKind = "summary.kind",
    SummaryLeads = "summary.leads",
    SummaryContacts = "summary.contacts",
    SummaryCompanies = "summary.companies",
    SummaryLead = "summary.lead",
    SummaryContact = "summary.contact",
    SummaryCompany = "summary.company",
    SummarySearch = "summary.search",
    SummaryShort = "summary.short",
    SummarySearching = "summary.searching",
    SummaryFound = "summary.found",
    SummaryChoices = "summary.choices",
    SummaryRecording = "summary.recording",
    SummaryNoRecording = "summary.no_recording",
    SummaryStatus = "summary.status",
    SummaryStatus1 = "summary.status_1",
    SummaryStatus2 = "summary.status_2",
    SummaryStatus3 = "summary.status_3",
    SummaryStatus4 = "summary.status_4",
    SummaryStatus5 = "summary.status_5",
    SummaryStatus6 = "summary.status_6",
    SummaryStatus7 = "summary.status_7",
    SummaryText = "summary.text",
    SummaryTask = "summary.task",
    SummaryTaskText = "summary.task_text",
    SummaryTaskTime = "summary.task_time",
    SummaryRating = "summary.rating",
    SummaryRatingScale = "summary.rating_scale",
    SummaryRequired = "summary.required",
    SummaryReason = "summary.reason",
    SummarySave = "summary.save",
    SummaryRateFirst = "summary.rate_first",
    SummarySayTask = "summary.say_task",
    SummarySayTime = "summary.say_time",
    JournalActions = "journal.actions",
    JournalAttempts = "journal.attempts",
    JournalNext = "journal.next",
    JournalRetry = "journal.retry",
    JournalWaiting = "journal.waiting",
    JournalSending = "journal.sending",
    JournalParked = "journal.parked",
    JournalDelivered = "journal.delivered",
    JournalNotWritten = "journal.not_written",
    JournalCalls = "journal.calls",
    JournalNoCalls = "journal.no_calls",
    JournalMore = "journal.more",
    JournalRefresh = "journal.refresh",
    JournalTime = "journal.time",
    JournalWho = "journal.who",
    JournalState = "journal.state",
    JournalTalk = "journal.talk",
    JournalLogged = "journal.logged",
    JournalTrace = "journal.trace",
    JournalSpent = "journal.spent",
    JournalIncoming = "journal.incoming",
    JournalOutgoing = "journal.outgoing",
    JournalInternal = "journal.internal",
    JournalUnmapped = "journal.unmapped",
    JournalRinging = "journal.ringing",
    JournalAnswered = "journal.answered",
    JournalCompleted = "journal.completed",
    JournalMissed = "journal.missed",
    JournalBusy = "journal.busy",
    JournalFailed = "journal.failed",
    JournalCancelled = "journal.cancelled",
    JournalVoicemail = "journal.voicemail",
    JournalSummary = "journal.summary",
    JournalRated = "journal.rated",
    JournalReplay = "journal.replay",
    JournalReplayWas = "journal.replay_was",
    JournalReplayWould = "journal.replay_would",
    JournalReplaySame = "journal.replay_same",
    JournalReplayDiffers = "journal.replay_differs",
    JournalOnlyThen = "journal.only_then",
    JournalOnlyToday = "journal.only_today",
    JournalNothing = "journal.nothing",
    JournalCatchUp = "journal.catch_up",
    JournalCatchUpHour = "journal.catch_up_hour",
    JournalCatchUpDay = "journal.catch_up_day",
    JournalCatchUpWeek = "journal.catch_up_week",
    JournalCatchUpRuns = "journal.catch_up_runs",
    JournalCatchUpDone = "journal.catch_up_done",
    FilterHeading = "filter.heading",
    FilterTime = "filter.time",
    FilterToday = "filter.today",
    FilterWeek = "filter.week",
    FilterMonth = "filter.month",
    FilterOwn = "filter.own",
    FilterFrom = "filter.from",
    FilterTo = "filter.to",
    FilterUser = "filter.user",
    FilterEverybody = "filter.everybody",
    FilterDirection = "filter.direction",
    FilterOutcome = "filter.outcome",
    FilterNumber = "filter.number",
    FilterNumberHint = "filter.number_hint",
    FilterAll = "filter.all",
    FilterMissed = "filter.missed",
    FilterCancelled = "filter.cancelled",
    FilterVoicemail = "filter.voicemail",
    FilterBusy = "filter.busy",
    FilterFailed = "filter.failed",
    FilterNoNumber = "filter.no_number",
    FilterBackwards = "filter.backwards",
    FilterNothing = "filter.nothing",
    FilterClear = "filter.clear",
    FiguresHeading = "figures.heading",
    FiguresCalls = "figures.calls",
    FiguresAnswered = "figures.answered",
    FiguresUnanswered = "figures.unanswered",
    FiguresAverage = "figures.average",
    FiguresTalk = "figures.talk",
    FiguresZone = "figures.zone",
    FiguresHours = "figures.hours",
    FiguresHour = "figures.hour",
    FiguresMostAt = "figures.most_at",
    FiguresDays = "figures.days",
    FiguresDay = "figures.day",
    FiguresOfAll = "figures.of_all",
    FiguresTable = "figures.table",
    FiguresRatings = "figures.ratings",
    FiguresManager = "figures.manager",
    FiguresRating = "figures.rating",
    FiguresRated = "figures.rated",
    ExportCsv = "export.csv",
    ExportLimit = "export.limit",
    JournalHeading = "journal.heading",
    JournalClose = "journal.close",
    JournalActs = "journal.acts",
}

/// The words of one language.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    words: Value,
}

impl Texts {
    /// Takes the `ui` part of an i18n file. What is missing shows its name, which is ugly and still works.
    pub fn new(words: Value) -> Self {
        Self { words }
    }

    /// A text in this language.
    pub fn get(&self, text: Text) -> &str {
        let found = text.key().split('.').try_fold(&self.words, |place, name| place.get(name));
        found.and_then(Value::as_str).unwrap_or(text.key())
    }

    /// A text that belongs to a word of ours, such as a field of a provider's credentials.
    pub fn named(&self, group: &str, name: &str) -> Option<&str> {
        self.words.get(group)?.get(name)?.as_str()
    }

    /// A text with its `{places}` filled in.
    pub fn with(&self, text: Text, places: &[(&str, &str)]) -> String {
        // One pass over the pattern, so that a name containing "{number}" is not filled in a second time.
        let mut rest = self.get(text);
        let mut filled = String::with_capacity(rest.len() + 32);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let place = after.split_once('}').and_then(|(name, behind)| {
                let (_, value) = places.iter().find(|(place, _)| *place == name)?;
                Some((behind, *value))
            });
            match place {
                Some((behind, value)) => {
                    filled.push_str(value);
                    rest = behind;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

/// How the user's language writes money and moments; the browser knows, tests use a plain twin.
pub trait Locale {
    /// A whole amount of money; the currency is ISO 4217.
    fn money(&self, amount: i64, currency: Option<&str>) -> String;
    /// A date with a time of day, from Unix seconds.
    fn date_time(&self, seconds: i64) -> String;
    /// A time of day with seconds, from Unix milliseconds.
    fn clock(&self, millis: i64) -> String;
    /// A moment as a field for date and time wants it, in the browser's time zone, from Unix seconds.
    fn field_time(&self, seconds: i64) -> String;
}

/// What only the journal's pictures and filters write; a page load does without it.
pub trait FigureLocale: Locale {
    /// A number with at most one decimal.
    fn number(&self, number: f64) -> String;
    /// An hour of the day, 0 to 24.
    fn hour(&self, hour: u8) -> String;
    /// A day such as `2026-11-27`, shortly.
    fn day(&self, day: &str) -> String;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Writes numbers as they are.
    pub(crate) struct PlainLocale;

    impl Locale for PlainLocale {
        fn money(&self, amount: i64, currency: Option<&str>) -> String {
            format!("{amount} {}", currency.unwrap_or_default()).trim().to_owned()
        }
        fn date_time(&self, seconds: i64) -> String {
            seconds.to_string()
        }
        fn clock(&self, millis: i64) -> String {
            millis.to_string()
        }
        fn field_time(&self, seconds: i64) -> String {
            format!("at {seconds}")
        }
    }

    impl FigureLocale for PlainLocale {
        fn number(&self, number: f64) -> String {
            number.to_string()
        }
        fn hour(&self, hour: u8) -> String {
            format!("{hour} h")
        }
        fn day(&self, day: &str) -> String {
            day.to_owned()
        }
    }

    const FILES: [(&str, &str); 3] = [
        ("en", include_str!("../../../i18n/en.json")),
        ("es", include_str!("../../../i18n/es.json")),
        ("pt", include_str!("../../../i18n/pt.json")),
    ];

    fn of(file: &str) -> Texts {
        let whole: Value = serde_json::from_str(file).expect("an i18n file is JSON");
        Texts::new(whole["ui"].clone())
    }

    /// All dotted names of a file.
    fn names(words: &Value, before: &str, found: &mut Vec<String>) {
        match words {
            Value::Object(entries) => {
                for (name, entry) in entries {
                    let name = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
                    names(entry, &name, found);
                }
            }
            _ => found.push(before.to_owned()),
        }
    }

    /// Texts that belong to a word of ours. A field may have a hint as well.
    fn named() -> Vec<String> {
        use crate::telephony::Provider;
        let providers = Provider::ALL.iter();
        let mut names: Vec<String> = providers.map(|provider| ["how.", provider.as_str()].concat()).collect();
        let fields = Provider::ALL.iter().flat_map(|provider| provider.fields());
        names.extend(fields.map(|field| ["credential.", field.name].concat()));
        let choices = ["standard", "hmac-body", "static-secret", "own", "off", "on"];
        names.extend(choices.map(|choice| ["choice.", choice].concat()));
        let hops = ["way", "address", "signature", "kommo", "intake", "rules", "card"];
        names.extend(hops.map(|hop| ["hop.", hop].concat()));
        // Refusals that are always the same; the others come in the server's words.
        let problems =
            ["not_connected", "admins_only", "not_found", "unauthorised", "try_again", "no_provider", "internal"];
        names.extend(problems.map(|kind| ["problem.", kind].concat()));
        names
    }

    pub(crate) fn english() -> Texts {
        of(FILES[0].1)
    }

    #[test]
    fn every_text_exists_in_every_language_and_no_text_is_left_over() {
        for (language, file) in FILES {
            let texts = of(file);
            let mut found = vec![];
            names(&texts.words, "", &mut found);
            for text in Text::ALL {
                assert!(found.iter().any(|key| key == text.key()), "{language}: ui.{} is missing", text.key());
            }
            let named = named();
            for key in &named {
                assert!(found.contains(key), "{language}: ui.{key} is missing");
            }
            for key in found.iter().filter(|key| !named.contains(key)) {
                let is_hint =
                    key.strip_prefix("hint.").is_some_and(|name| named.contains(&["credential.", name].concat()));
                let is_known = is_hint || Text::ALL.iter().any(|text| text.key() == key);
                assert!(is_known, "{language}: ui.{key} is used nowhere");
            }
            assert_eq!(texts.get(Text::Locale), language);
        }
    }

    #[test]
    fn translations_keep_the_places_of_the_english_text() {
        let places = |text: &str| {
            let mut found: Vec<String> =
                text.split('{').skip(1).filter_map(|part| part.split('}').next()).map(str::to_owned).collect();
            found.sort();
            found
        };
        let english = english();
        for (language, file) in FILES {
            let texts = of(file);
            for text in Text::ALL {
                assert_eq!(places(english.get(*text)), places(texts.get(*text)), "{language}: {}", text.key());
            }
            let (mut here, mut there) = (vec![], vec![]);
            names(&english.words, "", &mut here);
            names(&texts.words, "", &mut there);
            assert_eq!(here, there, "{language}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_not_filled_in() {
        let texts = Texts::new(serde_json::json!({"card": {"announce": "{state}: {caller}, {missing}"}}));
        let filled = texts.with(Text::CardAnnounce, &[("state", "{caller}"), ("caller", "Eve")]);
        assert_eq!(filled, "{caller}: Eve, {missing}");
        assert_eq!(texts.get(Text::CardOpen), "card.open", "a missing text shows its name");
    }
}
